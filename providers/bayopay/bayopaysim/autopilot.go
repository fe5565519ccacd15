package bayopaysim

import (
	"rieltime/checkout"
	"rieltime/providers/autopilot"
)

// declined is the code of what the autopilot declines.
const declined = "BP00012"

// resume takes up the transactions of an earlier run.
func (s *Simulator) resume() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.state.Ledger.Transactions {
		s.fly(t)
	}
}

// fly lets the autopilot take a transaction that nobody has decided.
func (s *Simulator) fly(t Transaction) {
	amount, err := checkout.ParseDecimal(t.Amount, checkout.Currency(t.Currency))
	if err != nil || t.Status != statusOpen {
		return
	}
	s.pilot.Schedule(autopilot.Payment{
		Amount: amount, Key: t.TranID, Age: s.now().Sub(t.CreatedAt),
		Pay:     func(paid checkout.Money) { s.decide(t, statusPaid, paid) },
		Decline: func() { s.decide(t, statusFailed, amount) },
	})
}

// decide gives a transaction its outcome unless the buyer has.
func (s *Simulator) decide(t Transaction, status string, paid checkout.Money) {
	s.mu.Lock()
	found := s.find(func(o *Transaction) bool { return o.TranID == t.TranID })
	open := found != nil && found.Status == statusOpen
	if open && paid.Fixed2() != t.Amount {
		found.PaidAmount = paid.Fixed2()
	}

	s.mu.Unlock()
	if !open {
		return
	}

	code := ""
	if status == statusFailed {
		code = declined
	}

	_ = s.settle(t.TranID, status, code) // the next change saves it again
}
