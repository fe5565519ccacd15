package checkout

import (
	"cmp"
	"time"
)

// Observation is one thing that happened, for the metrics.
type Observation struct {
	What     Observed
	Provider string
	Outcome  string
	Took     time.Duration
}

// Observed says what an Observation is about.
type Observed string

// What is observed. Outcome and Took are, in turn: "started", "refused" or
// "unreachable" and the provider's time; a Verdict ("unknown" for none) and the
// provider's time; an Outcome and the time since the payment was made; an
// EventType and nothing.
const (
	ObservedStart  Observed = "start"
	ObservedAnswer Observed = "answer"
	ObservedProof  Observed = "proof"
	ObservedEvent  Observed = "event"
)

func (s *Service) report(what Observed, provider, outcome string, took time.Duration) {
	if s.observe != nil {
		s.observe(Observation{What: what, Provider: provider, Outcome: outcome, Took: took})
	}
}

// outcomeOf returns the outcome of a call to a provider: done, "refused" or
// "unreachable".
func outcomeOf(err error, done string) string {
	if _, definite := AsRefused(err); definite {
		return "refused"
	}
	if err != nil {
		return unreachable
	}
	return done
}

func (s *Service) observeStart(provider string, err error, took time.Duration) {
	s.report(ObservedStart, provider, outcomeOf(err, "started"), took)
}

const unknownVerdict = "unknown"

// VerdictTexts returns the verdicts of answers as text, "unknown" for none.
func VerdictTexts(answers ...Answer) (verdicts []string) {
	for _, answer := range answers {
		verdicts = append(verdicts, cmp.Or(string(answer.Verdict), unknownVerdict))
	}
	return verdicts
}

func (s *Service) observeEvents(p Purchase) {
	for _, event := range p.events {
		provider := ""
		if payment := p.Payment(event.PaymentID); payment != nil {
			provider = payment.Provider
		}
		s.report(ObservedEvent, provider, string(event.Type), 0)
	}
}
