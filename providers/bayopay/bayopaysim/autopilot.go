package bayopaysim

import (
	"rieltime/checkout"
	"rieltime/providers/simkit"
)

// resumeAutopilot schedules the open transactions of an earlier run.
func (s *Simulator) resumeAutopilot() {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	for _, t := range s.state.Ledger.Transactions {
		s.schedule(t)
	}
}

// schedule lets the autopilot decide an open transaction. The lock is held.
func (s *Simulator) schedule(t Transaction) {
	amount, err := checkout.ParseDecimal(t.Amount, checkout.Currency(t.Currency))
	if err != nil || t.Status != statusOpen {
		return
	}
	s.Autopilot.Schedule(simkit.Payment{
		Amount: amount, Key: t.TranID, Age: s.Now().Sub(t.CreatedAt),
		Pay:     func(paid checkout.Money) { s.decide(t.TranID, statusPaid, "", paid) },
		Decline: func() { s.decide(t.TranID, statusFailed, codeInvalidCard, amount) },
	})
}

// decide gives a transaction its outcome unless the buyer has.
func (s *Simulator) decide(tranID, status, code string, paid checkout.Money) {
	s.Mu.Lock()
	defer s.Mu.Unlock()

	t := s.transaction(tranID)
	if t == nil || t.Status != statusOpen {
		return
	}
	if paid.Fixed2() != t.Amount {
		t.PaidAmount = paid.Fixed2()
	}

	_ = s.settle(t, status, code) // the next change saves it again
}
