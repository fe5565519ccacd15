package kess_test

import (
	"strings"
	"testing"

	"rieltime/checkout"
	"rieltime/providers/kess/kesssim"
)

func TestHostedPaymentRedirectsToThePaymentLink(t *testing.T) {
	h := newHarness(t)
	h.settings["setting"] = map[string]any{"template": "company", "background_color": "#FFFFFF", "display_fee_amount": 0.5}
	start := h.start("kess", "10.50", checkout.USD)
	payment, created := h.create(start)
	order := h.ledger().Orders[0]
	if created.NextAction.Kind != checkout.ActionRedirect || created.NextAction.URL != h.server.URL+"/pay/"+order.Token {
		t.Errorf("next action %+v", created.NextAction)
	}
	if created.ProviderID != order.Token || len(payment.Payees) != 1 || payment.Payees[0] != kesssim.DemoSellerCode {
		t.Errorf("created %+v", created)
	}
	if !created.ExpiresAt.Equal(payment.ExpiresAt) {
		t.Errorf("expires %v, want the session's end %v", created.ExpiresAt, payment.ExpiresAt)
	}
	if order.OutTradeNo != payment.Reference || order.Body != "Iced coffee  cake  2" || order.TotalAmount != "10.50" ||
		order.NotifyURL != start.CallbackURL || order.RedirectURL != start.ReturnURL || order.SignType != "HMAC-SHA256" {
		t.Errorf("order %+v", order)
	}
}

func TestHostedPageIsRestrictedToWhatIsOffered(t *testing.T) {
	for name, tc := range map[string]struct {
		method   string
		settings map[string]any
		want     string
	}{
		"all":             {"kess", nil, ""},
		"the methods":     {"kess", map[string]any{"methods": []string{"WING", "VISA_MASTER"}}, "WING VISA_MASTER"},
		"the setting":     {"kess", map[string]any{"methods": []string{"WING"}, "setting": map[string]any{"enabled_payment_methods": []string{"KHQR"}}}, "KHQR"},
		"the card chosen": {"kess:VISA_MASTER", map[string]any{"setting": map[string]any{"enabled_payment_methods": []string{"KHQR"}}}, "VISA_MASTER"},
	} {
		h := newHarness(t)
		for key, value := range tc.settings {
			h.settings[key] = value
		}
		_, created := h.create(h.start(tc.method, "10.00", checkout.USD))
		if got := strings.Join(h.ledger().Orders[0].Enabled, " "); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
		if created.NextAction.Kind != checkout.ActionRedirect {
			t.Errorf("%s: %+v", name, created.NextAction)
		}
	}
}

func TestCustomerIsEncryptedWhenEnoughIsKnown(t *testing.T) {
	h := newHarness(t)
	h.settings["public_key"] = h.sim.PublicKey()
	full := checkout.Customer{Name: "Sok Dara Rith", Email: "sok@example.com", Phone: "+855 12 345 678"}
	for name, tc := range map[string]struct {
		customer checkout.Customer
		want     string
	}{
		"all":      {full, `{"phone_number":"012345678","email":"sok@example.com","first_name":"Sok","last_name":"Dara Rith"}`},
		"one name": {checkout.Customer{Name: "Sok", Email: full.Email, Phone: full.Phone}, ""},
		"no phone": {checkout.Customer{Name: full.Name, Email: full.Email}, ""},
		"too long": {checkout.Customer{Name: full.Name, Email: strings.Repeat("e", 250) + "@example.com", Phone: full.Phone}, ""},
	} {
		start := h.start("kess", "10.00", checkout.USD)
		start.Customer = tc.customer
		payment, _ := h.create(start)
		for _, order := range h.ledger().Orders {
			if order.OutTradeNo == payment.Reference && string(order.Customer) != tc.want {
				t.Errorf("%s: customer %s, want %s", name, order.Customer, tc.want)
			}
		}
	}
}
