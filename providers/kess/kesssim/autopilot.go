package kesssim

import (
	"encoding/json"

	"rieltime/checkout"
	"rieltime/providers/autopilot"
	"rieltime/providers/kess/internal/gateway"
)

// hosted is what the autopilot pays an order of the hosted page with: what can
// be refunded.
const hosted = "VISA_MASTER"

// resume takes up the orders of an earlier run.
func (s *Simulator) resume() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, order := range s.state.Ledger.Orders {
		if order.Status == gateway.StatusWaiting {
			s.fly(order)
		}
	}
}

// fly lets the autopilot take an order that waits to be paid. The lock is
// held.
func (s *Simulator) fly(order Order) {
	amount, err := checkout.ParseDecimal(order.TotalAmount.String(), checkout.Currency(order.Currency))
	if err != nil {
		return
	}

	method := order.Method
	if method == "" {
		method = hosted
	}

	now := s.now()
	s.pilot.Schedule(autopilot.Payment{
		Amount: amount, Key: order.OutTradeNo, Age: now.Sub(order.CreatedAt), Remaining: order.ExpiredAt.Sub(now),
		Pay: func(paid checkout.Money) {
			s.decide(order.Token, func(o *Order) {
				if paid != amount && o.Status == gateway.StatusWaiting {
					o.TotalAmount = json.Number(paid.Decimal())
				}
				_ = s.settle(o, method, autopilot.OutcomeOf(amount) == autopilot.OutcomeLate)
			})
		},
		Decline: func() {
			s.decide(order.Token, func(o *Order) { _ = s.fail(o, method, "DECLINED") })
		},
	})
}

// decide gives an order its outcome unless it has one: what cannot be settled
// stays as it is.
func (s *Simulator) decide(token string, give func(*Order)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if order := s.byToken(token); order != nil {
		give(order)
	}
}
