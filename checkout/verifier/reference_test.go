package verifier_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
	"rieltime/checkout/verifier"
)

// newReferences is a harness whose account may be asked about two kinds of reference.
func newReferences(t *testing.T) *checkouttest.Harness {
	t.Helper()
	h := checkouttest.New(t)
	h.Provider.ReferencesAllowed, h.Provider.Kinds = true, []string{"external", "instruction"}
	h.Provider.References = map[string]string{"external:FT/1": "tx-1", "instruction:IN/2": "tx-2"}
	return h
}

func claim(h *checkouttest.Harness, p checkout.Purchase, text string) (checkout.Purchase, error) {
	return h.ReportPaid(h.T.Context(), p.Session.ID, verifier.PaidParams{Hash: text, Address: p.Session.ID})
}

// reviewed returns the payment of a purchase that is under review, and an empty one when
// none is.
func reviewed(p checkout.Purchase) checkout.Payment {
	for _, payment := range p.Payments {
		if payment.Review != "" {
			return payment
		}
	}
	return checkout.Payment{}
}

// A reference leads where a hash does: to a review, which the merchant decides.
func TestReferenceLeadsToAReview(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct{ transaction, asked string }{
		"FT/1": {"tx-1", "[external:FT/1]"},
		"IN/2": {"tx-2", "[external:IN/2 instruction:IN/2]"},
	} {
		h := newReferences(t)
		p, err := claim(h, h.Open(), text)
		if err != nil {
			t.Fatal(err)
		}
		found := reviewed(p)
		if p.Session.Status != checkout.SessionOpen || found.Review != checkout.ReviewClaimed || found.Proof.TransactionID != want.transaction || found.Proof.Source != checkout.SourceHash {
			t.Errorf("%s: session %s, payment %+v", text, p.Session.Status, found)
		}
		if asked := fmt.Sprint(h.Provider.ReferenceChecks); asked != want.asked || h.Provider.HashChecks != 0 {
			t.Errorf("%s: asked %s, and %d hashes", text, asked, h.Provider.HashChecks)
		}
	}
}

func TestReferenceIsNotLookedUpWithoutTheSetting(t *testing.T) {
	t.Parallel()
	h := newReferences(t)
	h.Provider.ReferencesAllowed, h.Provider.Kinds = false, nil
	p := h.Open()
	if _, err := claim(h, p, "FT/1"); !errors.Is(err, verifier.ErrHashInvalid) || len(h.Provider.ReferenceChecks) > 0 {
		t.Errorf("%v, asked %q", err, h.Provider.ReferenceChecks)
	}
	if h.Latest(p).ReportedPaidAt.IsZero() {
		t.Error("the payment is not queried")
	}
}

func TestTextThatIsNeitherIsRefused(t *testing.T) {
	t.Parallel()
	h := newReferences(t)
	if _, err := claim(h, h.Open(), "my receipt"); !errors.Is(err, verifier.ErrHashInvalid) || len(h.Provider.ReferenceChecks) > 0 {
		t.Errorf("%v, asked %q", err, h.Provider.ReferenceChecks)
	}
}

// The buyer hears that a reference cannot be looked up, as soon as the provider refuses
// and while that is remembered.
func TestRefusedReferencesAreReported(t *testing.T) {
	t.Parallel()
	h := newReferences(t)
	h.Provider.RefusedKinds = []string{"external", "instruction"}
	if _, err := claim(h, h.Open(), "FT/1"); !errors.Is(err, checkout.ErrReferencesRefused) {
		t.Errorf("refused now: %v", err)
	}
	asked := len(h.Provider.ReferenceChecks)
	h.Provider.Kinds = nil
	if _, err := claim(h, h.Open(), "FT/1"); !errors.Is(err, checkout.ErrReferencesRefused) || len(h.Provider.ReferenceChecks) != asked {
		t.Errorf("refused before: %v, asked %q", err, h.Provider.ReferenceChecks)
	}

	h.Provider.Kinds, h.Provider.RefusedKinds = []string{"external", "instruction"}, []string{"external"}
	if p, err := claim(h, h.Open(), "IN/2"); err != nil || reviewed(p).Review != checkout.ReviewClaimed {
		t.Errorf("the other kind finds it: %v, %+v", err, p.Payments)
	}
}

// Each query counts, whatever it is about: three for a session.
func TestReferencesAreBoundedWithHashes(t *testing.T) {
	t.Parallel()
	h := newReferences(t)
	p := h.Open()
	if _, err := claim(h, p, "made/up"); err != nil { // two queries
		t.Fatal(err)
	}
	if _, err := claim(h, p, "made/up/too"); !errors.Is(err, verifier.ErrHashTooOften) {
		t.Errorf("the fourth: %v", err)
	}
	if asked := len(h.Provider.ReferenceChecks); asked != 3 {
		t.Errorf("%d queries for one session", asked)
	}
	if _, err := claim(h, p, "tx-9"); !errors.Is(err, verifier.ErrHashTooOften) || h.Provider.HashChecks != 0 {
		t.Errorf("then a hash: %v", err)
	}
}

func TestReferenceOfRecordedMoneyIsNotLookedUp(t *testing.T) {
	t.Parallel()
	h := newReferences(t)
	p := h.Open()
	proof := checkouttest.Proof(*p.Latest(), "tx-1", h.Clock())
	proof.Raw = json.RawMessage(`{"externalRef":"FT/1"}`)
	h.Provider.SetAnswer(*p.Latest(), checkout.Answer{Verdict: checkout.VerdictPaid, Proof: proof})
	h.Pass(time.Minute)
	if p = h.Reload(p); p.Session.Status != checkout.SessionComplete {
		t.Fatal(p.Session.Status)
	}
	if got, err := claim(h, p, "ft/1"); err != nil || len(got.Payments) != 1 || len(h.Provider.ReferenceChecks) > 0 {
		t.Errorf("%v, %d payments, asked %q", err, len(got.Payments), h.Provider.ReferenceChecks)
	}
}

// A reference of money that does not fit changes nothing.
func TestReferenceOfOtherMoneyIsNoClaim(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*checkout.Proof){
		"another amount":   func(p *checkout.Proof) { p.Amount.Minor++ },
		"another currency": func(p *checkout.Proof) { p.Amount.Currency = checkout.KHR },
		"another payee":    func(p *checkout.Proof) { p.Payee = "someone@devb" },
		"made before":      func(p *checkout.Proof) { p.PaidAt = p.PaidAt.Add(-time.Hour) },
	} {
		h := newReferences(t)
		h.Provider.ChangeProof = change
		p, err := claim(h, h.Open(), "FT/1")
		if err != nil || len(p.Payments) != 1 || p.Latest().Proof != nil || p.Latest().Review != "" {
			t.Errorf("%s: %v, %+v", name, err, p.Payments)
		}
	}
}

// Two sessions that name one transaction, one by its hash and one by its reference, are
// contested, as two hashes are.
func TestReferenceAndHashOfOneTransactionAreContested(t *testing.T) {
	t.Parallel()
	h := newReferences(t)
	first := h.BuyerSaysPaid(h.Open(), "tx-1")
	second, err := claim(h, h.Open(), "FT/1")
	if err != nil {
		t.Fatal(err)
	}
	if review := reviewed(second).Review; review != checkout.ReviewContested || h.Reload(first).Session.Status != checkout.SessionOpen {
		t.Errorf("review %q", review)
	}
}

// A buyer with two tabs, or one who taps twice, claims one transaction once.
func TestReferenceThatIsClaimedTwiceAtOnceIsOneReview(t *testing.T) {
	t.Parallel()
	h := newReferences(t)
	p := h.Open()
	var tabs sync.WaitGroup
	for range 2 {
		tabs.Go(func() {
			if _, err := claim(h, p, "FT/1"); err != nil {
				t.Error(err)
			}
		})
	}
	tabs.Wait()

	p = h.Reload(p)
	if review := reviewed(p).Review; len(p.Payments) != 2 || review != checkout.ReviewClaimed || p.Session.Status != checkout.SessionOpen {
		t.Errorf("session %s, %d payments, review %q; want the attempt and one claim", p.Session.Status, len(p.Payments), review)
	}
}

func TestServiceSaysWhetherReferencesAreLookedUp(t *testing.T) {
	t.Parallel()
	h := newReferences(t)
	p := h.Open()
	for _, kinds := range [][]string{{"external"}, nil} {
		h.Provider.Kinds = slices.Clone(kinds)
		if finds, err := h.FindsReferences(context.Background(), p); err != nil || finds != (len(kinds) > 0) {
			t.Errorf("%q: %v, %v", kinds, finds, err)
		}
	}
}
