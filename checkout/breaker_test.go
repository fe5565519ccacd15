package checkout

import (
	"testing"
	"time"
)

func TestBreakerOpensAfterThreeFailuresAndRestsEverLonger(t *testing.T) {
	var b breakers
	ask := func(known bool) time.Duration {
		t.Helper()
		probe, ok := b.enter("acct")
		if !ok {
			t.Fatal("refused")
		}
		return b.answered("acct", known, probe)
	}
	ask(false)
	ask(false)
	ask(true)
	for i, want := range []time.Duration{0, 0, 1, 2, 4, 8, 15, 15} {
		if rest := ask(false); rest != want*time.Second {
			t.Errorf("failure %d: rest %v, want %v s", i+1, rest, int(want))
		}
	}
	if rest := ask(true); rest != 0 {
		t.Errorf("rest %v after an answer", rest)
	}
	if rest := ask(false); rest != 0 {
		t.Errorf("rest %v after one failure", rest)
	}
}

func TestOpenBreakerLetsOneProbeThrough(t *testing.T) {
	var b breakers
	for range 4 {
		if probe, ok := b.enter("acct"); probe || !ok {
			t.Fatal("closed, yet refused")
		}
	}
	var rest time.Duration
	for range 3 {
		rest = b.answered("acct", false, false)
	}
	if rest != time.Second {
		t.Errorf("rest %v after three", rest)
	}
	if _, ok := b.enter("acct"); ok {
		t.Error("a probe while a question is in flight")
	}
	if rest := b.answered("acct", false, false); rest != time.Second {
		t.Errorf("the fourth, sent before the breaker opened, made it rest %v", rest)
	}
	if probe, ok := b.enter("acct"); !probe || !ok {
		t.Error("no probe")
	}
	if _, ok := b.enter("acct"); ok {
		t.Error("a second probe")
	}
	if _, ok := b.enter("other"); !ok {
		t.Error("another account is refused")
	}
	b.leave("acct")
	if _, ok := b.enter("acct"); !ok {
		t.Error("no probe after the first came to nothing")
	}
}
