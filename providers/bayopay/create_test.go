package bayopay

import (
	"net/http"
	"strings"
	"testing"

	"rieltime/checkout"
	"rieltime/providers"
)

func TestFormIsTheDocumentedOne(t *testing.T) {
	start := startOf(16899, "https://shop.example")
	start.Payment.Reference = "R0123456789ABCDEFGHZ"
	account := accountAt("https://g.example/pay", map[string]any{
		"niaga_id": "100105000000203", "niaga_key": "dT3jajIO93GH9shja83jl9a9w9hdfHY5",
	})
	created, err := New(providers.Options{}).CreatePayment(t.Context(), account, start)
	if err != nil {
		t.Fatal(err)
	}
	want := []checkout.FormField{
		{Name: "bayo_niagaid", Value: "100105000000203"},
		{Name: "bayo_channel", Value: "creditmc"},
		{Name: "bayo_currency", Value: "USD"},
		{Name: "bayo_orderid", Value: "R0123456789ABCDEFGHZ"},
		{Name: "bayo_amount", Value: "168.99"},
		{Name: "bayo_name", Value: "Sok O Dara"},
		{Name: "bayo_email", Value: "sok@example.com"},
		{Name: "bayo_mobile", Value: "85512345678"},
		{Name: "bayo_description", Value: "Coffee cake 2 large"},
		{Name: "bayo_returnurl", Value: "https://shop.example/return/bayopay/pay_1"},
		{Name: "bayo_callbackurl", Value: "https://shop.example/callbacks/bayopay/pay_1"},
		// echo -n 100105000000203USDR0123456789ABCDEFGHZ168.99dT3jajIO93GH9shja83jl9a9w9hdfHY5 | sha256sum
		{Name: "bayo_reqhash", Value: "725e0bb77269dc437a60016eb13ae7ee3c6b5f89698eeb04c084200666c2e4b1"},
	}
	action := created.NextAction
	if action.Kind != checkout.ActionFormPost || action.URL != "https://g.example/pay" || len(action.Fields) != len(want) {
		t.Fatalf("next action %+v", action)
	}
	for i, field := range action.Fields {
		if field != want[i] {
			t.Errorf("field %d is %+v, want %+v", i, field, want[i])
		}
	}
}

func TestCreatePaymentRefusesWhatBayoPayWould(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*checkout.Start)
		code   string
		buyer  string
	}{
		"too small":         {func(s *checkout.Start) { s.Payment.Amount.Minor = 100 }, "BP00008", "amount_too_small"},
		"too large":         {func(s *checkout.Start) { s.Payment.Amount.Minor = 500000 }, "BP00009", "limit_exceeded"},
		"riel":              {func(s *checkout.Start) { s.Payment.Amount.Currency = checkout.KHR }, "BP00007", "try_other_method"},
		"no name":           {func(s *checkout.Start) { s.Customer.Name = " " }, "customer_name_invalid", "customer_name_invalid"},
		"name of signs":     {func(s *checkout.Start) { s.Customer.Name = "<>" }, "customer_name_invalid", "customer_name_invalid"},
		"name too long":     {func(s *checkout.Start) { s.Customer.Name = strings.Repeat("ក", 129) }, "customer_name_invalid", "customer_name_invalid"},
		"no e-mail":         {func(s *checkout.Start) { s.Customer.Email = "" }, "customer_email_invalid", "customer_email_invalid"},
		"e-mail with name":  {func(s *checkout.Start) { s.Customer.Email = "Sok <sok@example.com>" }, "customer_email_invalid", "customer_email_invalid"},
		"e-mail too long":   {func(s *checkout.Start) { s.Customer.Email = strings.Repeat("a", 120) + "@example.com" }, "customer_email_invalid", "customer_email_invalid"},
		"no phone":          {func(s *checkout.Start) { s.Customer.Phone = "" }, "customer_phone_invalid", "customer_phone_invalid"},
		"phone of letters":  {func(s *checkout.Start) { s.Customer.Phone = "call me" }, "customer_phone_invalid", "customer_phone_invalid"},
		"phone too long":    {func(s *checkout.Start) { s.Customer.Phone = strings.Repeat("1", 33) }, "customer_phone_invalid", "customer_phone_invalid"},
		"phone of one sign": {func(s *checkout.Start) { s.Customer.Phone = "+" }, "customer_phone_invalid", "customer_phone_invalid"},
	} {
		start := startOf(1000, "https://shop.example")
		tc.change(&start)
		created, err := New(providers.Options{}).CreatePayment(t.Context(), accountAt("https://g.example", nil), start)
		refused, definite := checkout.AsRefused(err)
		if !definite || refused.Code != tc.code || refused.Buyer != tc.buyer || refused.Reason == "" {
			t.Errorf("%s: %v, want it refused with %s and %s", name, err, tc.code, tc.buyer)
		}
		if created.NextAction.Kind != checkout.ActionNone {
			t.Errorf("%s: next action %+v beside the refusal", name, created.NextAction)
		}
	}
}

func TestReferencesThatBlurTheHashAreRefused(t *testing.T) {
	for _, reference := range []string{"", "R1Z", "R0123456789ABCDEFGH1", "R0123456789-BCDEFGHZ", strings.Repeat("A", 21)} {
		start := startOf(1000, "https://shop.example")
		start.Payment.Reference = reference
		if _, err := New(providers.Options{}).CreatePayment(t.Context(), accountAt("https://g.example", nil), start); err == nil {
			t.Errorf("reference %q is accepted", reference)
		}
	}
}

func TestDescriptionNeverEndsEmptyOrLong(t *testing.T) {
	for text, want := range map[string]string{
		"":         "Order R1Z",
		"<script>": "script",
		"';--":     "--",
		"!!!":      "Order R1Z",
		"កាហ្វេ\u200bក្តៅ, 2":    "កាហ្វេ ក្តៅ, 2",
		strings.Repeat("x", 999): strings.Repeat("x", 255),
	} {
		got := description(checkout.Start{Description: text, Payment: checkout.Payment{Reference: "R1Z"}})
		if got != want {
			t.Errorf("description of %q = %q, want %q", text, got, want)
		}
	}
}

func TestSimulatorAcceptsEveryFormWeMake(t *testing.T) {
	h := newHarness(t)
	for _, change := range []func(*checkout.Start){
		func(*checkout.Start) {},
		func(s *checkout.Start) { s.Description = "" },
		func(s *checkout.Start) { s.Description = `<b>"Sale" — 50% & more; it's $5 = 20,000៛</b>` },
		func(s *checkout.Start) { s.Customer.Name = "សុខ ដារ៉ា (VIP)" },
		func(s *checkout.Start) { s.Customer.Phone = "(012) 345-678" },
		func(s *checkout.Start) { s.Payment.Amount.Minor = 101 },
		func(s *checkout.Start) { s.Payment.Amount.Minor = 499999 },
	} {
		start := startOf(1000, h.address)
		change(&start)
		created, err := h.provider.CreatePayment(t.Context(), h.account, start)
		if err != nil {
			t.Fatal(err)
		}
		if status, page := h.post(created.NextAction); status != http.StatusOK || !strings.Contains(page, "Card number") {
			t.Errorf("%+v leads to %d %s", created.NextAction.Fields, status, page)
		}
	}
}
