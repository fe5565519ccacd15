package verifier

import (
	"fmt"
	"testing"
	"time"
)

func TestBreakerOpensAfterThreePaymentsAndRestsForSecondsOnly(t *testing.T) {
	t.Parallel()
	var b breakers
	queries := 0
	ask := func(known bool) time.Duration {
		t.Helper()
		probe, ok := b.begin("acct", noon)
		if !ok {
			t.Fatal("refused")
		}
		queries++
		return b.finish("acct", fmt.Sprint("pay_", queries), known, probe)
	}
	ask(false)
	ask(false)
	ask(true)
	for i, want := range []time.Duration{0, 0, 1, 2, 4, 4, 4} {
		if rest := ask(false); rest != want*time.Second {
			t.Errorf("failure %d: pause %v, want %v s", i+1, rest, int(want))
		}
	}
	if rest := ask(true); rest != 0 {
		t.Errorf("pause %v after an answer", rest)
	}
	if rest := ask(false); rest != 0 {
		t.Errorf("pause %v after one failure", rest)
	}
}

func TestOnePaymentsFailuresNeverOpenTheBreaker(t *testing.T) {
	t.Parallel()
	var b breakers
	for range 20 {
		probe, ok := b.begin("acct", noon)
		if rest := b.finish("acct", "pay_odd", false, probe); !ok || rest != 0 {
			t.Fatalf("the account pauses for %v", rest)
		}
	}
}

func TestOpenBreakerLetsOneProbeThrough(t *testing.T) {
	t.Parallel()
	var b breakers
	for range 4 {
		if probe, ok := b.begin("acct", noon); probe || !ok {
			t.Fatal("closed, yet refused")
		}
	}
	var rest time.Duration
	for i := range 3 {
		rest = b.finish("acct", fmt.Sprint("pay_", i), false, false)
	}
	if rest != time.Second {
		t.Errorf("pause %v after three", rest)
	}
	if rest := b.finish("acct", "pay_4", false, false); rest != time.Second {
		t.Errorf("the fourth, sent before the breaker opened, made it pause %v", rest)
	}
	if probe, ok := b.begin("acct", noon); !probe || !ok {
		t.Error("no probe")
	}
	if _, ok := b.begin("acct", noon.Add(time.Second)); ok {
		t.Error("a second probe")
	}
	if _, ok := b.begin("other", noon); !ok {
		t.Error("another account is refused")
	}
	if _, ok := b.begin("acct", noon.Add(longestPause)); !ok {
		t.Error("a probe that hangs holds up the next")
	}
	b.cancel("acct")
	b.cancel("acct")
	if _, ok := b.begin("acct", noon.Add(longestPause+time.Second)); !ok {
		t.Error("no probe after those before came to nothing")
	}
}
