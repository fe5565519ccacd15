package checkout_test

import (
	"errors"
	"testing"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
)

func TestRefusedStartIsAFailedPayment(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session, err := h.CreateSession(t.Context(), "klaing", checkout.ModeTest, checkouttest.SessionParams())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		err  error
		code string
	}{
		{&checkout.Refused{Code: "X", Reason: "no", Buyer: "limit_exceeded"}, "limit_exceeded"},
		{checkout.NotStarted(errors.New("connection refused")), "unreachable"},
	} {
		h.Provider.Refuse = c.err
		p, err := h.StartPayment(t.Context(), session.ID, checkout.StartParams{Method: "khqr"})
		if err != nil {
			t.Fatal(err)
		}
		if p.Session.Status != checkout.SessionOpen || p.Latest().Status != checkout.PaymentFailed || p.Latest().FailureCode != c.code {
			t.Errorf("%v: payment %s %s", c.err, p.Latest().Status, p.Latest().FailureCode)
		}
	}
	h.Provider.Refuse = nil
	if p, err := h.StartPayment(t.Context(), session.ID, checkout.StartParams{Method: "khqr"}); err != nil || p.Latest().Status != checkout.PaymentRequiresAction {
		t.Errorf("after the provider recovered: %v", err)
	}
}

func TestUnknownMethodIsRefused(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	p := h.Open()
	if _, err := h.StartPayment(t.Context(), p.Session.ID, checkout.StartParams{Method: "cash"}); !errors.Is(err, checkout.ErrMethodUnavailable) {
		t.Error(err)
	}
}

func TestBadSessionFieldsAreNamed(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	short, long := 299, 86401
	for param, alter := range map[string]func(*checkout.SessionParams){
		"amount":             func(p *checkout.SessionParams) { p.Amount = "1e3" },
		"currency":           func(p *checkout.SessionParams) { p.Currency = "EUR" },
		"reference":          func(p *checkout.SessionParams) { p.Reference = "" },
		"success_url":        func(p *checkout.SessionParams) { p.SuccessURL = "javascript:alert(1)" },
		"cancel_url":         func(p *checkout.SessionParams) { p.CancelURL = "https://evil.example/" },
		"description":        func(p *checkout.SessionParams) { p.Description = string(make([]byte, 501)) },
		"locale":             func(p *checkout.SessionParams) { p.Locale = "fr" },
		"expires_in":         func(p *checkout.SessionParams) { p.ExpiresIn = &short },
		"customer.email":     func(p *checkout.SessionParams) { p.Customer.Email = "no" },
		"customer.phone":     func(p *checkout.SessionParams) { p.Customer.Phone = "12" },
		"payment_methods[0]": func(p *checkout.SessionParams) { p.PaymentMethods = []string{"cash"} },
		"line_items[0].name": func(p *checkout.SessionParams) {
			p.LineItems = []checkout.LineItemParams{{Quantity: new(1), Amount: "1"}}
		},
		"line_items[0].amount": func(p *checkout.SessionParams) {
			p.LineItems = []checkout.LineItemParams{{Name: "x", Quantity: new(1), Amount: "-1"}}
		},
		"line_items[0].quantity": func(p *checkout.SessionParams) { p.LineItems = []checkout.LineItemParams{{Name: "x", Amount: "1"}} },
		"metadata":               func(p *checkout.SessionParams) { p.Metadata = map[string]string{"": "x"} },
	} {
		request := checkouttest.SessionParams()
		alter(&request)
		_, err := h.CreateSession(t.Context(), "klaing", checkout.ModeTest, request)
		var bad *checkout.Error
		if !errors.As(err, &bad) || bad.Param != param || bad.Kind != checkout.KindInvalid || bad.Code == "" {
			t.Errorf("%s: %+v", param, err)
		}
	}
	request := checkouttest.SessionParams()
	request.ExpiresIn = &long
	if _, err := h.CreateSession(t.Context(), "klaing", checkout.ModeTest, request); err == nil {
		t.Error("86401 seconds passed")
	}
}
