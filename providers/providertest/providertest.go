// Package providertest is the contract that every provider passes, whatever
// its wire protocol: what checkout's ports promise, tried on the adapter in
// front of its simulator. A provider's test fills a Harness and calls Run.
package providertest

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
)

// Harness is a provider in front of its simulator, with what a test does to
// both. Functions marked optional are nil where the provider has no such thing.
type Harness struct {
	Provider           checkout.Provider
	Account            checkout.Account
	Settings           any                   // a pointer to the provider's empty settings
	Method             string                // what the buyer chooses
	Amount             checkout.Money        // one the method takes
	Action             checkout.ActionKind   // what the buyer does then
	Secrets            []string              // what no error may show
	UnsupportedAmounts []checkout.Money      // amounts for which no method is offered
	Now                func() time.Time      // the provider's clock; nil: time.Now
	CallbackURL        string                // where the provider's server sends callbacks; empty: nowhere that answers
	AdjustStart        func(*checkout.Start) // optional: what starts of this provider need besides

	// Pay does what the buyer does after NextAction: the money arrives.
	Pay func(checkout.Payment)
	// Fail is a payment that fails; optional.
	Fail func(checkout.Payment)
	// PayOther pays another amount or currency than asked; optional.
	PayOther func(checkout.Payment, checkout.Money)
	// OtherAmounts are what PayOther is tried with.
	OtherAmounts []checkout.Money

	// Hang makes the provider's server stop answering until Resume; optional
	// for a provider that calls nobody.
	Hang   func()
	Resume func()
	// LoseNextAnswer has the next start take effect at the provider, with its
	// answer lost; nil where a start depends on no call. CountOrders returns how
	// many orders the provider then has under the payment's reference.
	LoseNextAnswer func()
	CountOrders    func(checkout.Payment) int

	// GenuineMessage returns the message that the provider's server sends about
	// a payment, ForgedMessage one that somebody without the key would send;
	// optional.
	GenuineMessage func(checkout.Payment) checkout.Message
	ForgedMessage  func(checkout.Payment) checkout.Message
	// CallbackProves says that a genuine message is proof; otherwise it only
	// causes a query.
	CallbackProves bool
	// OtherAccount is another merchant's account, with keys of its own.
	OtherAccount checkout.Account
}

type tests = map[string]func(*testing.T, *Harness)

// Run holds a provider to the contract. open makes a fresh harness.
func Run(t *testing.T, open func(*testing.T) *Harness) {
	suite := func(name string, all tests) {
		t.Run(name, func(t *testing.T) {
			for name, test := range all {
				t.Run(name, func(t *testing.T) { test(t, open(t)) })
			}
		})
	}

	h := open(t)
	suite("start", startTests)
	if _, can := h.Provider.(checkout.Querier); can {
		suite("query", queryTests)
	}

	if _, can := h.Provider.(checkout.CallbackReader); can {
		suite("callback", callbackTests)
	}

	if h.CallbackProves {
		suite("proof by callback", proofTests)
	}

	if _, can := h.Provider.(checkout.Closer); can {
		suite("close", closeTests)
	}

	if _, can := h.Provider.(checkout.Refunder); can {
		suite("refund", refundTests)
	}
}

// start is a new attempt as the service would begin it.
func (h *Harness) start() checkout.Start {
	now := time.Now
	if h.Now != nil {
		now = h.Now
	}

	reference := checkout.NewReference()
	id := "pay_" + strings.ToLower(reference)
	start := checkout.Start{
		Payment: checkout.Payment{
			ID: id, SessionID: "cs_1", MerchantID: h.Account.MerchantID, Mode: h.Account.Mode,
			Provider: h.Provider.Name(), Method: h.Method, AccountID: h.Account.ID, Reference: reference,
			Amount: h.Amount, Status: checkout.PaymentCreated, CreatedAt: now(), ExpiresAt: now().Add(20 * time.Minute),
		},
		MerchantName: "Demo Shop", Description: "Iced coffee", Locale: "en", Device: checkout.DeviceDesktop,
		Customer:    checkout.Customer{Name: "Sok Dara", Email: "sok@example.com", Phone: "+85512345678"},
		ReturnURL:   "https://pay.example/return/" + h.Provider.Name() + "/" + id,
		CallbackURL: h.CallbackURL,
	}
	if start.CallbackURL == "" {
		start.CallbackURL = "https://pay.example/callbacks/" + h.Provider.Name() + "/" + id
	}

	if h.AdjustStart != nil {
		h.AdjustStart(&start)
	}

	return start
}

// create starts a payment and records the answer as the service would.
func (h *Harness) create(t *testing.T) checkout.Payment {
	t.Helper()
	start := h.start()
	payees, err := h.Provider.Payees(h.Account)
	if err != nil {
		t.Fatalf("Payees: %v", err)
	}

	start.Payment.Payees = payees
	created, err := h.Provider.CreatePayment(t.Context(), h.Account, start)
	if err != nil {
		t.Fatalf("CreatePayment: %v", err)
	}

	return record(start.Payment, created)
}

func record(payment checkout.Payment, created checkout.Created) checkout.Payment {
	payment.Status = checkout.PaymentRequiresAction
	payment.ProviderID = created.ProviderID
	payment.NextAction, payment.State = created.NextAction, created.State
	return payment
}

func (h *Harness) query(t *testing.T, payment checkout.Payment) checkout.Answer {
	t.Helper()
	answer := h.Provider.(checkout.Querier).QueryPayment(t.Context(), h.Account, payment)
	h.checkShown(t, answer.Reason)
	return answer
}

// wantProof checks all that Settle compares.
func (h *Harness) wantProof(t *testing.T, answer checkout.Answer, payment checkout.Payment, amount checkout.Money) {
	t.Helper()
	if answer.Verdict != checkout.VerdictPaid || answer.Proof == nil {
		t.Fatalf("the answer is %q with proof %v (%v), want paid with a proof", answer.Verdict, answer.Proof, answer.Cause)
	}

	proof := answer.Proof
	if proof.Amount != amount {
		t.Errorf("proof of %s, want %s", proof.Amount, amount)
	}

	if proof.Reference != payment.Reference || proof.Provider != h.Provider.Name() {
		t.Errorf("proof of %s by %s, want %s by %s", proof.Reference, proof.Provider, payment.Reference, h.Provider.Name())
	}

	if proof.TransactionID == "" || proof.Source == "" || !json.Valid(proof.Raw) {
		t.Errorf("proof %+v, want its transaction, source and raw answer", proof)
	}

	found := false
	for _, payee := range payment.Payees {
		found = found || payee == proof.Payee
	}

	if !found {
		t.Errorf("paid to %q, want one of %q", proof.Payee, payment.Payees)
	}
}

// wantDontKnow checks that an error is neither a definite no nor a leak.
func (h *Harness) wantDontKnow(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		t.Fatal("no error, want don't know")
	}
	if refused, definite := checkout.AsRefused(err); definite {
		t.Errorf("refused (%+v), want don't know", refused)
	}
	h.checkShown(t, err.Error())
}

// wantUnknown checks an answer that says nothing.
func (h *Harness) wantUnknown(t *testing.T, answer checkout.Answer) {
	t.Helper()
	if answer.Verdict != checkout.VerdictUnknown || answer.Proof != nil || answer.Cause == nil {
		t.Fatalf("the answer is %+v, want don't know with its cause", answer)
	}
	h.checkShown(t, answer.Reason+answer.Cause.Error())
}

func (h *Harness) checkShown(t *testing.T, text string) {
	t.Helper()
	for _, secret := range h.Secrets {
		if secret != "" && strings.Contains(text, secret) {
			t.Errorf("%q shows a secret", text)
		}
	}
}

// wantInvalid checks a refusal of settings.
func wantInvalid(t *testing.T, err error) {
	t.Helper()
	var bad *checkout.Error
	if !errors.As(err, &bad) || bad.Kind != checkout.KindInvalid || bad.Detail == "" {
		t.Errorf("%v, want an invalid field named", err)
	}
}
