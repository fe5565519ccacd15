package kesssim

import (
	"cmp"
	"encoding/json"

	"rieltime/checkout"
	"rieltime/providers/kess/internal/client"
	"rieltime/providers/simkit"
)

// hostedMethod is what the autopilot pays an order of the hosted page with: a
// method that can be refunded.
const hostedMethod = "VISA_MASTER"

// resumeAutopilot schedules the waiting orders of an earlier run.
func (s *Simulator) resumeAutopilot() {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	for _, order := range s.state.Ledger.Orders {
		if order.Status == client.StatusWaiting {
			s.schedule(order)
		}
	}
}

// schedule lets the autopilot decide a waiting order. The lock is held.
func (s *Simulator) schedule(order Order) {
	amount, err := checkout.ParseDecimal(order.TotalAmount.String(), checkout.Currency(order.Currency))
	if err != nil {
		return
	}

	method := cmp.Or(order.Method, hostedMethod)
	late := simkit.OutcomeOf(amount) == simkit.OutcomeLate
	now := s.Now()
	s.Autopilot.Schedule(simkit.Payment{
		Amount: amount, Key: order.OutTradeNo, Age: now.Sub(order.CreatedAt), Remaining: order.ExpiredAt.Sub(now),
		Pay: func(paid checkout.Money) {
			s.decide(order.Token, func(o *Order) {
				if paid != amount && o.Status == client.StatusWaiting {
					o.TotalAmount = json.Number(paid.Decimal())
				}
				_ = s.settle(o, method, late) // an order that the buyer decided stays as it is
			})
		},
		Decline: func() {
			s.decide(order.Token, func(o *Order) { _ = s.fail(o, method, "DECLINED") })
		},
	})
}

// decide calls do with an order, in a goroutine of the autopilot.
func (s *Simulator) decide(token string, do func(*Order)) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	if order := s.byToken(token); order != nil {
		do(order)
	}
}
