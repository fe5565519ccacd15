package checkout_test

import (
	"errors"
	"testing"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
)

// harness is a shop over a real database, with what these tests do to it.
type harness struct{ *checkouttest.Harness }

func newHarness(t *testing.T) *harness {
	t.Helper()
	return &harness{checkouttest.New(t)}
}

var unknown = checkout.Answer{Verdict: checkout.VerdictUnknown, Reason: "no answer"}

// lose starts a payment whose provider's answer is lost.
func (h *harness) lose() checkout.Purchase {
	h.T.Helper()
	session := h.NewSession("klaing")
	h.Provider.Refuse = errors.New("the connection was cut")
	p := h.Start(session.ID)
	h.Provider.Refuse = nil
	return p
}

// claims returns a purchase's payments under the review claimed.
func claims(p checkout.Purchase) (found []checkout.Payment) {
	for _, payment := range p.Payments {
		if payment.Review == checkout.ReviewClaimed {
			found = append(found, payment)
		}
	}
	return found
}

// events lists the types of a payment's events, the oldest first.
func (h *harness) events(paymentID string) (types []checkout.EventType) {
	h.T.Helper()
	for _, event := range h.Events() {
		if event.PaymentID == paymentID {
			types = append(types, event.Type)
		}
	}
	return types
}

// decide decides about a payment under review.
func (h *harness) decide(payment checkout.Payment, decision checkout.Decision) error {
	_, err := h.DecideReview(h.T.Context(), payment, checkout.ReviewDecision{Decision: decision, By: "key_1"})
	return err
}
