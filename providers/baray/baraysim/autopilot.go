package baraysim

import (
	"rieltime/checkout"
	"rieltime/providers/autopilot"
)

// resume takes up the intents of an earlier run.
func (s *Simulator) resume() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, intent := range s.state.Ledger.Intents {
		if intent.Status == statusPending {
			s.fly(intent)
		}
	}
}

// fly lets the autopilot take a new intent. The lock is held. Baray's answers
// name no amount, so an intent cannot be paid with another: that outcome is
// left to the buyer.
func (s *Simulator) fly(intent Intent) {
	amount, err := checkout.ParseDecimal(intent.Amount, checkout.Currency(intent.Currency))
	if err != nil || autopilot.OutcomeOf(amount) == autopilot.OutcomeOneLess {
		return
	}
	s.pilot.Schedule(autopilot.Payment{
		Amount: amount, Key: intent.ID, Age: s.now().Sub(intent.CreatedAt),
		Pay:     func(checkout.Money) { s.decide(intent.ID, statusSuccess) },
		Decline: func() { s.decide(intent.ID, statusFailed) },
	})
}

// decide gives an intent its outcome unless the buyer has.
func (s *Simulator) decide(id, status string) {
	if intent, _, err := s.intent(id); err == nil && intent.Status == statusPending {
		_ = s.settle(id, status, "aba") // the next change saves it again
	}
}
