package checkout

import (
	"errors"
	"slices"
	"testing"
)

func TestStartsAndEventsAreObserved(t *testing.T) {
	t.Parallel()
	var seen []string
	s := NewService(Config{Observe: func(o Observation) { seen = append(seen, string(o.What)+" "+o.Provider+" "+o.Outcome) }})
	s.observeStart("kess", nil, 0)
	s.observeStart("kess", &Refused{}, 0)
	s.observeStart("kess", errors.New("time-out"), 0)
	p := Purchase{Payments: []Payment{{ID: "pay_1", Provider: "baray"}}, events: []Event{
		{Type: EventPaymentFailed, PaymentID: "pay_1"}, {Type: EventSessionExpired},
	}}
	s.observeEvents(p)
	want := []string{"start kess started", "start kess refused", "start kess unreachable", "event baray payment.failed", "event  checkout.session.expired"}
	if !slices.Equal(seen, want) {
		t.Errorf("%q, want %q", seen, want)
	}
	NewService(Config{}).observeStart("kess", nil, 0) // nobody listens
}
