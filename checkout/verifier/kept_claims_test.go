package verifier_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
	"rieltime/checkout/verifier"
	"rieltime/db"
)

// silent turns the answers about what buyers enter off, or on again.
func silent(h *checkouttest.Harness, is bool) {
	h.Provider.Mu.Lock()
	defer h.Provider.Mu.Unlock()
	h.Provider.NoClaims = is
}

func kept(h *checkouttest.Harness, p checkout.Purchase) []checkout.KeptClaim {
	h.T.Helper()
	return h.Reload(p).Session.KeptClaims
}

// What a buyer enters while the provider gives no answer is entered once: it is looked up
// again after a restart too, and leads to the same review.
func TestClaimThatGetsNoAnswerIsLookedUpLater(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"tx-1", "FT/1"} {
		h := newReferences(t)
		silent(h, true)
		p, err := claim(h, h.Open(), text)
		if err != nil || len(p.Session.KeptClaims) != 1 || reviewed(p).ID != "" {
			t.Fatalf("%s: %v, %+v", text, err, p.Session.KeptClaims)
		}

		h.Restart()
		h.PassInSteps(10*time.Minute, 5*time.Second)
		if len(kept(h, p)) != 1 || reviewed(h.Reload(p)).ID != "" {
			t.Fatalf("%s: during the outage %+v", text, kept(h, p))
		}

		silent(h, false)
		h.Restart()
		h.PassInSteps(5*time.Minute, 5*time.Second)
		p = h.Reload(p)
		if found := reviewed(p); found.Review != checkout.ReviewClaimed || found.Proof.TransactionID != "tx-1" || len(p.Session.KeptClaims) > 0 {
			t.Errorf("%s: payment %+v, kept %+v", text, found, p.Session.KeptClaims)
		}
	}
}

// An account that is paused, or has used up what is set aside for look-ups, is no reason to
// send a buyer away.
func TestClaimThatCannotBeLookedUpNowIsKept(t *testing.T) {
	t.Parallel()
	for name, stop := range map[string]func(*checkouttest.Harness){
		"paused": func(h *checkouttest.Harness) {
			err := h.Store.UpdateQuota(t.Context(), h.Latest(h.Open()).AccountID, func(quota *verifier.Quota) { quota.PausedUntil = h.Clock().Add(time.Minute) })
			if err != nil {
				t.Fatal(err)
			}
		},
		"used up": func(h *checkouttest.Harness) {
			h.Provider.Limits = checkout.Budget{PerDay: 10}
		},
		"too many at once": func(h *checkouttest.Harness) {
			for range 12 {
				if _, err := claim(h, h.Open(), "made-up"); err != nil {
					t.Fatal(err)
				}
			}
		},
	} {
		h := newReferences(t)
		h.Provider.HashPaidAt = h.Clock().Add(-time.Hour) // no hash fits
		stop(h)
		before := len(h.Provider.ReferenceChecks)
		p, err := claim(h, h.Open(), "FT/1")
		if err != nil || len(p.Session.KeptClaims) != 1 || len(h.Provider.ReferenceChecks) != before {
			t.Fatalf("%s: %v, kept %+v", name, err, p.Session.KeptClaims)
		}

		h.Provider.Limits = checkout.Budget{}
		h.PassInSteps(5*time.Minute, 5*time.Second)
		if p = h.Reload(p); reviewed(p).Review != checkout.ReviewClaimed || len(p.Session.KeptClaims) > 0 {
			t.Errorf("%s: afterwards %+v, kept %+v", name, p.Payments, p.Session.KeptClaims)
		}
	}
}

func TestClaimIsKeptForADay(t *testing.T) {
	t.Parallel()
	h := newReferences(t)
	silent(h, true)
	p, err := claim(h, h.Open(), "FT/1")
	if err != nil {
		t.Fatal(err)
	}
	h.PassInSteps(23*time.Hour, 30*time.Minute)
	if len(kept(h, p)) != 1 {
		t.Error("it is dropped within the day")
	}
	h.PassInSteps(2*time.Hour, 30*time.Minute)
	if len(kept(h, p)) > 0 {
		t.Errorf("after a day: %+v", kept(h, p))
	}
}

// Look-ups of what is kept take none of the buyer's own, and at most half of a minute's.
func TestKeptClaimsLeaveRoomForOthers(t *testing.T) {
	t.Parallel()
	h := newReferences(t)
	silent(h, true)
	p, err := claim(h, h.Open(), "tx-1")
	if err != nil {
		t.Fatal(err)
	}
	h.PassInSteps(30*time.Minute, 5*time.Second)
	if _, err := claim(h, p, "tx-2"); err != nil {
		t.Errorf("the buyer corrects it: %v", err)
	}

	for i := range 10 {
		if _, err := h.ReportPaid(t.Context(), h.Open().Session.ID, verifier.PaidParams{Hash: "tx-1", Address: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	for range 20 {
		before := h.Provider.HashChecks
		h.PassInSteps(time.Minute, 5*time.Second)
		if n := h.Provider.HashChecks - before; n > 7 { // a minute's edges fall between two steps
			t.Errorf("%d look-ups in a minute", n)
		}
	}
}

func TestKeptClaimsOfASessionAreBounded(t *testing.T) {
	t.Parallel()
	h := newReferences(t)
	p := h.Open()
	pause := func(quota *verifier.Quota) { quota.PausedUntil = h.Clock().Add(time.Hour) }
	if err := h.Store.UpdateQuota(t.Context(), p.Latest().AccountID, pause); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if _, err := claim(h, p, fmt.Sprint("tx-", i)); err != nil {
			t.Error(err)
		}
	}
	if _, err := claim(h, p, "tx-4"); !errors.Is(err, verifier.ErrHashTooOften) || len(kept(h, p)) != 3 {
		t.Errorf("%v, kept %+v", err, kept(h, p))
	}
	if _, err := claim(h, p, "tx-1"); err != nil { // entered again, as buyers do
		t.Error(err)
	}
}

// What got no answer is kept also when the buyer's bounds allow no second look-up of it.
func TestClaimIsKeptThatIsLookedUpInPart(t *testing.T) {
	t.Parallel()
	h := newReferences(t)
	silent(h, true)
	p := h.Open()
	for _, text := range []string{"FT/1", "IN/2"} { // two look-ups each, of three
		if _, err := claim(h, p, text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	if len(kept(h, p)) != 2 {
		t.Errorf("kept %+v", kept(h, p))
	}
}

// A claim that its provider refuses later, or whose money is known by then, is dropped.
func TestKeptClaimEndsWithItsReason(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*checkouttest.Harness, checkout.Purchase){
		"references are turned off": func(h *checkouttest.Harness, _ checkout.Purchase) { h.Provider.ReferencesAllowed = false },
		"references are refused":    func(h *checkouttest.Harness, _ checkout.Purchase) { h.Provider.Kinds = nil },
		"the code's own proof has it": func(h *checkouttest.Harness, p checkout.Purchase) {
			proof := checkouttest.Proof(*p.Latest(), "tx-1", h.Clock())
			proof.Raw = []byte(`{"externalRef":"FT/1"}`)
			h.Provider.SetAnswer(*p.Latest(), checkout.Answer{Verdict: checkout.VerdictPaid, Proof: proof})
		},
	} {
		h := newReferences(t)
		silent(h, true)
		p, err := claim(h, h.Open(), "FT/1")
		if err != nil {
			t.Fatal(err)
		}
		change(h, p)
		h.PassInSteps(6*time.Minute, 5*time.Second)
		if p = h.Reload(p); len(p.Session.KeptClaims) > 0 || reviewed(p).ID != "" {
			t.Errorf("%s: kept %+v, payments %+v", name, p.Session.KeptClaims, p.Payments)
		}
	}
}

// Two processes over one database look a kept claim up once at a time.
func TestKeptClaimIsTakenByOneProcess(t *testing.T) {
	t.Parallel()
	h := newReferences(t)
	silent(h, true)
	if _, err := claim(h, h.Open(), "tx-1"); err != nil {
		t.Fatal(err)
	}
	other := h.NewProcess(h.Clock)
	before := h.Provider.HashChecks
	h.Move(10 * time.Second)
	for _, process := range []checkouttest.Process{h.Process, other} {
		if err := process.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
		process.Wait()
	}
	if n := h.Provider.HashChecks - before; n != 1 {
		t.Errorf("%d look-ups", n)
	}
}

// busyStore is a store that does not answer, a few times: neither about look-ups of kept
// claims, nor whether a change was stored.
type busyStore struct {
	*db.Store
	lookUps, changes int // without an answer that are left
}

func (s *busyStore) AllowHashLookup(ctx context.Context, l verifier.HashLookup) (verifier.HashAllowance, error) {
	if l.Kept && s.lookUps > 0 {
		s.lookUps--
		return 0, checkout.ErrBusy
	}
	return s.Store.AllowHashLookup(ctx, l)
}

func (s *busyStore) Update(ctx context.Context, sessionID string, change func(*checkout.Purchase) error) (checkout.Purchase, error) {
	purchase, err := s.Store.Update(ctx, sessionID, change)
	if err == nil && s.changes > 0 {
		s.changes--
		return checkout.Purchase{}, checkout.ErrBusy
	}
	return purchase, err
}

// A database that gives no answer for a moment says nothing about a claim: it stays.
func TestKeptClaimOutlivesABusyDatabase(t *testing.T) {
	t.Parallel()
	for _, store := range []*busyStore{{lookUps: 2}, {changes: 1}, {changes: 2}, {changes: 3}} {
		h := newReferences(t)
		silent(h, true)
		p, err := claim(h, h.Open(), "tx-1")
		if err != nil {
			t.Fatal(err)
		}
		silent(h, false)

		busy := fmt.Sprintf("%d look-ups and %d changes", store.lookUps, store.changes)
		store.Store = h.Store
		process := checkouttest.NewProcess(checkout.Config{Store: store, Links: h.Store, Endpoints: h.Store, Providers: []checkout.Provider{h.Provider}, Now: h.Clock})
		for range 20 {
			h.Move(10 * time.Second)
			_ = process.Tick(t.Context()) // fails while the database does not answer
			process.Wait()
		}
		if p = h.Reload(p); store.lookUps+store.changes > 0 || reviewed(p).Review != checkout.ReviewClaimed || len(p.Session.KeptClaims) > 0 {
			t.Errorf("no answer about %s: %+v, kept %+v", busy, p.Payments, p.Session.KeptClaims)
		}
	}
}

// Claims that came together in an outage use what the account allows once it answers: a
// reference takes two look-ups, of six in a minute.
func TestManyKeptClaimsAreLookedUpAsFastAsAllowed(t *testing.T) {
	t.Parallel()
	h := newReferences(t)
	silent(h, true)
	var waiting []checkout.Purchase
	for i := range 30 {
		p, err := claim(h, h.Open(), fmt.Sprint("FT/", 100+i))
		if err != nil {
			t.Fatal(err)
		}
		waiting = append(waiting, p)
	}
	h.PassInSteps(15*time.Minute, 15*time.Second)

	silent(h, false)
	h.PassInSteps(15*time.Minute, 5*time.Second) // 45 claims' worth
	left := 0
	for _, p := range waiting {
		left += len(kept(h, p))
	}
	if left > 5 { // the last ones are due seldom
		t.Errorf("%d of %d claims still wait", left, len(waiting))
	}
}

// The few look-ups that are left in a minute are not spent on a part of a claim, which
// would begin anew later.
func TestKeptClaimIsLookedUpAsAWhole(t *testing.T) {
	t.Parallel()
	h := newReferences(t)
	p := h.Open()
	pause := func(until time.Duration) {
		err := h.Store.UpdateQuota(t.Context(), p.Latest().AccountID, func(quota *verifier.Quota) { quota.PausedUntil = h.Clock().Add(until) })
		if err != nil {
			t.Fatal(err)
		}
	}
	pause(time.Minute)
	if _, err := claim(h, p, "IN/2"); err != nil {
		t.Fatal(err)
	}
	pause(0)
	h.Provider.HashPaidAt = h.Clock().Add(-time.Hour) // no hash fits
	for i := range 5 {
		if _, err := claim(h, h.Open(), fmt.Sprint("made-up-", i)); err != nil {
			t.Fatal(err)
		}
	}

	h.PassInSteps(30*time.Second, 5*time.Second)
	if asked := h.Provider.ReferenceChecks; len(asked) > 0 {
		t.Errorf("with one look-up left in the minute: %q", asked)
	}
	h.PassInSteps(5*time.Minute, 5*time.Second)
	if reviewed(h.Reload(p)).Review != checkout.ReviewClaimed {
		t.Errorf("afterwards: %q", h.Provider.ReferenceChecks)
	}
}

// One address cannot have more kept than it may have looked up, in however many sessions.
func TestKeptClaimsOfAnAddressAreBounded(t *testing.T) {
	t.Parallel()
	h := newReferences(t)
	pause := func(quota *verifier.Quota) { quota.PausedUntil = h.Clock().Add(10 * time.Hour) }
	paused := h.Open()
	if err := h.Store.UpdateQuota(t.Context(), paused.Latest().AccountID, pause); err != nil {
		t.Fatal(err)
	}
	flood := func() (allowed int, first checkout.Purchase) {
		for i := range 20 {
			p, err := h.ReportPaid(t.Context(), h.Open().Session.ID, verifier.PaidParams{Hash: fmt.Sprint("tx-", i), Address: "192.0.2.1"})
			switch {
			case err == nil && i == 0:
				first = p
				fallthrough
			case err == nil:
				allowed++
			case !errors.Is(err, verifier.ErrHashTooOften):
				t.Fatal(err)
			}
		}
		return allowed, first
	}

	n, first := flood()
	if n != 6 {
		t.Errorf("%d claims of one address are kept", n)
	}
	if _, err := h.ReportPaid(t.Context(), first.Session.ID, verifier.PaidParams{Hash: "TX-0", Address: "192.0.2.1"}); err != nil {
		t.Errorf("what is kept is entered again: %v", err)
	}
	h.Move(time.Hour)
	if n, _ := flood(); n != 6 {
		t.Errorf("an hour later %d", n)
	}
}

// Look-ups that a clock which has been set back since puts ahead take up one minute, not all
// until then.
func TestKeptClaimsAreLookedUpAfterTheClockIsSetBack(t *testing.T) {
	t.Parallel()
	h := newReferences(t)
	h.Provider.HashPaidAt = h.Clock().Add(-time.Hour) // no hash fits
	h.Pass(time.Second)
	for range 12 {
		if _, err := claim(h, h.Open(), "made-up"); err != nil {
			t.Fatal(err)
		}
	}
	p, err := claim(h, h.Open(), "FT/1")
	if err != nil || len(p.Session.KeptClaims) != 1 {
		t.Fatal(err, p.Session.KeptClaims)
	}

	h.Pass(-time.Hour)
	h.PassInSteps(10*time.Minute, 10*time.Second)
	if review := reviewed(h.Reload(p)).Review; review != checkout.ReviewClaimed {
		t.Errorf("ten minutes after the clock was set back the review is %q, kept %+v", review, kept(h, p))
	}
}

// An account that does not answer is tried once in a round, however many claims wait for
// it, and holds up no claim at another account.
func TestKeptClaimsWaitForNoOtherAccount(t *testing.T) {
	t.Parallel()
	h := newReferences(t)
	h.ApplyFile(`{"id":"other","name":"Other","return_hosts":["shop.example"],"test":{"providers":{"bank":{}}}}`)
	silent(h, true)
	keep := func(merchant, text string) checkout.Purchase {
		p, err := claim(h, h.OpenAt(merchant), text)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	for range 25 {
		keep("klaing", "tx-1")
	}
	hung := h.Latest(keep("klaing", "tx-1")).AccountID
	other := keep("other", "tx-2")

	silent(h, false)
	asked, answer := make(chan struct{}, 10), make(chan struct{})
	h.Provider.AnswerClaim = func(account checkout.Account) (ok bool) {
		if account.ID == hung {
			asked <- struct{}{}
			<-answer
		}
		return account.ID != hung
	}
	h.Move(2 * time.Minute)
	if err := h.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-asked
	for deadline := time.Now().Add(10 * time.Second); len(kept(h, other)) > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the claim at the other account is not looked up while the first is asked")
		}
	}

	close(answer)
	h.Wait()
	if len(asked) > 0 {
		t.Errorf("the account that does not answer is asked %d times", 1+len(asked))
	}
}
