package baraysim

import (
	"rieltime/checkout"
	"rieltime/providers/simkit"
)

// resumeAutopilot schedules the pending intents of an earlier run.
func (s *Simulator) resumeAutopilot() {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	for _, intent := range s.state.Ledger.Intents {
		if intent.Status == statusPending {
			s.schedule(intent)
		}
	}
}

// schedule lets the autopilot decide an intent. The lock is held. Baray's
// answers name no amount, so an intent cannot be paid with another: the buyer
// decides that outcome.
func (s *Simulator) schedule(intent Intent) {
	amount, err := checkout.ParseDecimal(intent.Amount, checkout.Currency(intent.Currency))
	if err != nil || simkit.OutcomeOf(amount) == simkit.OutcomeOneLess {
		return
	}
	s.Autopilot.Schedule(simkit.Payment{
		Amount: amount, Key: intent.ID, Age: s.Now().Sub(intent.CreatedAt),
		Pay:     func(checkout.Money) { s.decide(intent.ID, statusSuccess) },
		Decline: func() { s.decide(intent.ID, statusFailed) },
	})
}

// decide gives an intent its outcome unless the buyer has.
func (s *Simulator) decide(id, status string) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	if intent := s.intent(id); intent != nil && intent.Status == statusPending {
		_ = s.settle(intent, status, "aba") // the next change saves it again
	}
}
