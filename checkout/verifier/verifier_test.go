package verifier

import (
	"slices"
	"testing"
	"time"

	"rieltime/checkout"
)

var noon = time.Date(2026, 4, 14, 5, 0, 0, 0, time.UTC)

func TestAnswersAreObserved(t *testing.T) {
	t.Parallel()
	var seen []string
	v := New(Config{Observe: func(o checkout.Observation) { seen = append(seen, string(o.What)+" "+o.Provider+" "+o.Outcome) }})
	v.observeAnswers("bakong", []checkout.Answer{{}, {Verdict: checkout.VerdictPaid}}, 0)
	if want := []string{"answer bakong unknown", "answer bakong paid"}; !slices.Equal(seen, want) {
		t.Errorf("%q, want %q", seen, want)
	}
	New(Config{}).observeAnswers("bakong", []checkout.Answer{{}}, 0) // nobody listens
}

func TestVerifierReportsWhetherItIsAlive(t *testing.T) {
	t.Parallel()
	v := New(Config{})
	if v.Alive(time.Hour) == nil {
		t.Error("alive before it ran")
	}
	now := time.Now()
	v.ticked.Store(&now)
	if err := v.Alive(time.Hour); err != nil {
		t.Error(err)
	}
	before := now.Add(-time.Minute)
	v.ticked.Store(&before)
	if v.Alive(30*time.Second) == nil {
		t.Error("alive after a minute's silence")
	}
}
