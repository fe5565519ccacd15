package checkout_test

import (
	"fmt"
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
// dropped after a day. Of each pause but the first at least half passes.
func TestKeptClaimIsTakenLessAndLessOften(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 3, 2, 5, 0, 0, 0, time.UTC)
	var p checkout.Purchase
	p.KeepClaim("100FT1", start)

	var pauses []time.Duration
	last, now, dropped := start, start, 0
	for ; now.Before(start.Add(25 * time.Hour)); now = now.Add(time.Second) {
		text, n := p.TakeDueClaim(now)
		dropped += n
		if text == "100FT1" {
			if again, _ := p.TakeDueClaim(now.Add(30 * time.Second)); again != "" {
				t.Fatal("it is taken while it is looked up")
			}
			p.DeferClaim("100FT1", now)
			pauses, last = append(pauses, now.Sub(last)), now
		}
	}

	for i, most := range []time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second, 160 * time.Second, 5 * time.Minute, 5 * time.Minute} {
		if pauses[i] > most || pauses[i] < most/2 || i == 0 && pauses[i] < most {
			t.Errorf("pause %d is %s of %s", i, pauses[i], most)
		}
	}
	if dropped != 1 || len(p.Session.KeptClaims) > 0 || !p.Session.ClaimsDueAt().IsZero() || last.After(start.Add(24*time.Hour)) {
		t.Errorf("%d dropped, kept until %s: %+v", dropped, last, p.Session.KeptClaims)
	}
}

// Claims that were kept at once, as in an outage, are not due at once again and again.
func TestKeptClaimsSpread(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 5, 0, 0, 0, time.UTC)
	due := map[int]int{} // claims by second
	for i := range 100 {
		p := checkout.Purchase{Session: checkout.Session{ID: fmt.Sprint("cs_", i)}}
		p.KeepClaim("100FT1", now)
		for range 10 {
			p.DeferClaim("100FT1", now)
		}
		due[int(p.Session.ClaimsDueAt().Sub(now).Seconds())]++
	}
	for second, n := range due {
		if n > 5 {
			t.Errorf("%d of 100 are due %d s later", n, second)
		}
	}
}

// The claims of a session are taken one by one, so that each has the whole lease, and the
// one that was due first is taken first.
func TestKeptClaimsAreTakenOneByOne(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 5, 0, 0, 0, time.UTC)
	var p checkout.Purchase
	p.KeepClaim("100FT2", now.Add(time.Second))
	p.KeepClaim("100FT1", now)
	now = now.Add(time.Minute)
	for _, want := range []string{"100FT1", "100FT2", ""} {
		if text, _ := p.TakeDueClaim(now); text != want {
			t.Errorf("%q is taken, want %q", text, want)
		}
	}
}

func TestKeptClaimSurvivesAClockThatIsSetBack(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 5, 0, 0, 0, time.UTC)
	var p checkout.Purchase
	p.KeepClaim("100FT1", now.Add(time.Hour))
	if text, _ := p.TakeDueClaim(now); text == "" || !p.Session.ClaimsDueAt().Equal(now.Add(35*time.Second)) {
		t.Errorf("%q is taken, then due at %s", text, p.Session.ClaimsDueAt())
	}
}
