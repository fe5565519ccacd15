package checkout

import (
	"errors"
	"slices"
	"testing"
	"time"
)

func TestStartsAndAnswersAreObserved(t *testing.T) {
	var seen []string
	s := NewService(Config{Observe: func(o Observation) { seen = append(seen, string(o.What)+" "+o.Provider+" "+o.Outcome) }})
	s.observeStart("kess", nil, 0)
	s.observeStart("kess", &Refused{}, 0)
	s.observeStart("kess", errors.New("time-out"), 0)
	s.observeAnswers("bakong", []Answer{{}, {Verdict: VerdictPaid}}, 0)
	p := Purchase{Payments: []Payment{{ID: "pay_1", Provider: "baray"}}, events: []Event{
		{Type: EventPaymentFailed, PaymentID: "pay_1"}, {Type: EventSessionExpired},
	}}
	s.observeEvents(p)
	want := []string{"start kess started", "start kess refused", "start kess unreachable", "answer bakong unknown", "answer bakong paid",
		"event baray payment.failed", "event  checkout.session.expired"}
	if !slices.Equal(seen, want) {
		t.Errorf("%q, want %q", seen, want)
	}
	NewService(Config{}).observeStart("kess", nil, 0) // nobody listens
}

func TestVerifierTellsWhetherItLives(t *testing.T) {
	s := NewService(Config{})
	if s.Alive(time.Hour) == nil {
		t.Error("alive before it ran")
	}
	now := time.Now()
	s.ticked.Store(&now)
	if err := s.Alive(time.Hour); err != nil {
		t.Error(err)
	}
	before := now.Add(-time.Minute)
	s.ticked.Store(&before)
	if s.Alive(30*time.Second) == nil {
		t.Error("alive after a minute's silence")
	}
}
