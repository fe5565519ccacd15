package checkout_test

import (
	"testing"
	"time"

	"rieltime/checkout"
)

func TestKeptClaimsAreFewAndDifferent(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 5, 0, 0, 0, time.UTC)
	var p checkout.Purchase
	for _, text := range []string{"100FT1", "100ft1", "100FT2", "100FT3"} {
		if !p.KeepClaim(text, now) {
			t.Errorf("%s is not kept", text)
		}
	}
	if p.KeepClaim("100FT4", now) || len(p.Session.KeptClaims) != 3 || p.Session.Version != 3 {
		t.Errorf("%+v, version %d", p.Session.KeptClaims, p.Session.Version)
	}

	p.ForgetClaim("100FT2")
	p.ForgetClaim("unknown")
	if len(p.Session.KeptClaims) != 2 || p.Session.Version != 4 || !p.KeepClaim("100FT4", now) {
		t.Errorf("after one was looked up: %+v, version %d", p.Session.KeptClaims, p.Session.Version)
	}
}

// A claim is due after 5 seconds, then after ever longer pauses up to five minutes, and is
// dropped after a day.
func TestKeptClaimIsTakenLessAndLessOften(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 3, 2, 5, 0, 0, 0, time.UTC)
	var p checkout.Purchase
	p.KeepClaim("100FT1", start)

	var pauses []time.Duration
	last, now := start, start
	for ; now.Before(start.Add(25 * time.Hour)); now = now.Add(time.Second) {
		if due := p.TakeDueClaims(now); len(due) == 1 {
			if again := p.TakeDueClaims(now.Add(30 * time.Second)); len(again) > 0 {
				t.Fatal("it is taken while it is looked up")
			}
			p.DeferClaim("100FT1", now)
			pauses, last = append(pauses, now.Sub(last)), now
		}
	}

	for i, want := range []time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second, 160 * time.Second, 5 * time.Minute, 5 * time.Minute} {
		if pauses[i] != want {
			t.Errorf("pause %d is %s, want %s", i, pauses[i], want)
		}
	}
	if len(p.Session.KeptClaims) > 0 || !p.Session.ClaimsDueAt().IsZero() || last.After(start.Add(24*time.Hour)) {
		t.Errorf("kept until %s: %+v", last, p.Session.KeptClaims)
	}
}

func TestKeptClaimSurvivesAClockThatIsSetBack(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 5, 0, 0, 0, time.UTC)
	var p checkout.Purchase
	p.KeepClaim("100FT1", now.Add(time.Hour))
	if due := p.TakeDueClaims(now); len(due) != 1 || !p.Session.ClaimsDueAt().Equal(now.Add(35*time.Second)) {
		t.Errorf("due %q, then at %s", due, p.Session.ClaimsDueAt())
	}
}
