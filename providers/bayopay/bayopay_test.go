package bayopay

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/providers"
	"rieltime/providers/bayopay/bayopaysim"
)

// world is the provider beside its simulator and a merchant's server that
// hands on the callbacks it is brought.
type world struct {
	t         *testing.T
	provider  *Provider
	server    *httptest.Server
	account   checkout.Account
	callbacks chan checkout.Message
	address   string // of the merchant's server
}

func newWorld(t *testing.T) *world {
	t.Helper()
	sim, err := bayopaysim.New(bayopaysim.Options{RetryEvery: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sim.Handler())
	callbacks := make(chan checkout.Message, 16)
	merchant := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		callbacks <- checkout.Message{
			Method: r.Method, ContentType: r.Header.Get("Content-Type"), Body: body, ReceivedAt: time.Now(),
		}
	}))
	t.Cleanup(merchant.Close)
	t.Cleanup(server.Close)
	t.Cleanup(sim.Close)
	return &world{
		t: t, provider: New(providers.Options{}), server: server, callbacks: callbacks, address: merchant.URL,
		account: accountAt(server.URL+bayopaysim.GatewayPath, nil),
	}
}

// accountAt is the demo account at a gateway, with some settings changed.
func accountAt(gateway string, changes map[string]any) checkout.Account {
	settings := map[string]any{
		"gateway_url": gateway, "niaga_id": bayopaysim.DemoNiagaID, "niaga_key": bayopaysim.DemoNiagaKey,
	}
	for name, value := range changes {
		settings[name] = value
	}
	text, _ := json.Marshal(settings)
	return checkout.Account{ID: "acct_1", Mode: checkout.ModeTest, Provider: Name, Settings: text}
}

func startOf(cents int64, address string) checkout.Start {
	return checkout.Start{
		Payment: checkout.Payment{
			ID: "pay_1", Reference: checkout.NewReference(), Amount: checkout.Money{Minor: cents, Currency: checkout.USD},
		},
		Description: "Coffee & cake (2 × \"large\")",
		Customer:    checkout.Customer{Name: "Sok O'Dara", Email: "sok@example.com", Phone: "+855 12 345 678"},
		ReturnURL:   address + "/return/bayopay/pay_1", CallbackURL: address + "/callbacks/bayopay/pay_1",
	}
}

// begin starts a payment and posts its form as the buyer's browser would.
func (w *world) begin(cents int64) checkout.Payment {
	w.t.Helper()
	start := startOf(cents, w.address)
	created, err := w.provider.CreatePayment(w.t.Context(), w.account, start)
	if err != nil {
		w.t.Fatal(err)
	}
	if status, page := w.post(created.NextAction); status != http.StatusOK || !strings.Contains(page, "Card number") {
		w.t.Fatalf("the form leads to %d %s", status, page)
	}
	payment := start.Payment
	if payment.Payees, err = w.provider.Payees(w.account); err != nil {
		w.t.Fatal(err)
	}
	payment.NextAction = created.NextAction
	return payment
}

func (w *world) post(action checkout.NextAction) (int, string) {
	w.t.Helper()
	form := url.Values{}
	for _, field := range action.Fields {
		form.Add(field.Name, field.Value)
	}
	answer, err := http.PostForm(action.URL, form)
	if err != nil {
		w.t.Fatal(err)
	}
	defer answer.Body.Close()
	page, err := io.ReadAll(answer.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return answer.StatusCode, string(page)
}

func (w *world) control(path, format string, args ...any) {
	w.t.Helper()
	answer, err := http.Post(w.server.URL+"/control/"+path, "application/json", strings.NewReader(fmt.Sprintf(format, args...)))
	if err != nil {
		w.t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode/100 != 2 {
		text, _ := io.ReadAll(answer.Body)
		w.t.Fatalf("/control/%s: %d %s", path, answer.StatusCode, text)
	}
}

// callback waits for the next callback and reads it.
func (w *world) callback() (checkout.Callback, error) {
	w.t.Helper()
	select {
	case message := <-w.callbacks:
		return w.provider.ReadCallback(w.account, message)
	case <-time.After(5 * time.Second):
		w.t.Fatal("no callback came")
	}
	return checkout.Callback{}, nil
}

func TestMethodsKeepToTheChannel(t *testing.T) {
	ringgit := map[string]any{"currencies": []string{"MYR"}}
	wide := map[string]any{"more_than": "0.00", "less_than": "10000.00"}
	for _, tc := range []struct {
		changes map[string]any
		amount  checkout.Money
		want    int
	}{
		{nil, checkout.Money{Minor: 100, Currency: checkout.USD}, 0},
		{nil, checkout.Money{Minor: 101, Currency: checkout.USD}, 1},
		{nil, checkout.Money{Minor: 499999, Currency: checkout.USD}, 1},
		{nil, checkout.Money{Minor: 500000, Currency: checkout.USD}, 0},
		{wide, checkout.Money{Minor: 1, Currency: checkout.USD}, 1},
		{wide, checkout.Money{Minor: 500000, Currency: checkout.USD}, 1},
		{nil, checkout.Money{Minor: 41000, Currency: checkout.KHR}, 0},
		{nil, checkout.Money{Minor: 1000, Currency: "MYR"}, 0},
		{nil, checkout.Money{Minor: 1000, Currency: "IDR"}, 0},
		{ringgit, checkout.Money{Minor: 1000, Currency: checkout.USD}, 0},
		{ringgit, checkout.Money{Minor: 1000, Currency: "MYR"}, 1},
	} {
		methods, err := New(providers.Options{}).Methods(t.Context(), accountAt("https://g.example", tc.changes), tc.amount)
		if err != nil || len(methods) != tc.want {
			t.Errorf("%v %s: %d methods, %v, want %d", tc.changes, tc.amount, len(methods), err, tc.want)
			continue
		}
		if tc.want == 1 && (methods[0].ID != Name || !methods[0].NeedsCustomer || methods[0].Kind != checkout.ActionFormPost) {
			t.Errorf("method %+v", methods[0])
		}
	}
}

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

func TestSimulatorTakesEveryFormWeMake(t *testing.T) {
	w := newWorld(t)
	for _, change := range []func(*checkout.Start){
		func(*checkout.Start) {},
		func(s *checkout.Start) { s.Description = "" },
		func(s *checkout.Start) { s.Description = `<b>"Sale" — 50% & more; it's $5 = 20,000៛</b>` },
		func(s *checkout.Start) { s.Customer.Name = "សុខ ដារ៉ា (VIP)" },
		func(s *checkout.Start) { s.Customer.Phone = "(012) 345-678" },
		func(s *checkout.Start) { s.Payment.Amount.Minor = 101 },
		func(s *checkout.Start) { s.Payment.Amount.Minor = 499999 },
	} {
		start := startOf(1000, w.address)
		change(&start)
		created, err := w.provider.CreatePayment(t.Context(), w.account, start)
		if err != nil {
			t.Fatal(err)
		}
		if status, page := w.post(created.NextAction); status != http.StatusOK || !strings.Contains(page, "Card number") {
			t.Errorf("%+v leads to %d %s", created.NextAction.Fields, status, page)
		}
	}
}

func TestCheckSettingsNamesTheBadField(t *testing.T) {
	for name, tc := range map[string]struct {
		mode    checkout.Mode
		changes map[string]any
		param   string
	}{
		"test":                 {checkout.ModeTest, nil, "-"},
		"live":                 {checkout.ModeLive, map[string]any{"gateway_url": DefaultGatewayURL}, "-"},
		"other currencies":     {checkout.ModeTest, map[string]any{"currencies": []string{"USD", "MYR", "IDR"}}, "-"},
		"unknown field":        {checkout.ModeTest, map[string]any{"key": "x"}, "key"},
		"live without TLS":     {checkout.ModeLive, nil, "gateway_url"},
		"gateway without host": {checkout.ModeTest, map[string]any{"gateway_url": "/pay"}, "gateway_url"},
		"no niaga id":          {checkout.ModeTest, map[string]any{"niaga_id": ""}, "niaga_id"},
		"niaga id with signs":  {checkout.ModeTest, map[string]any{"niaga_id": "1001-05"}, "niaga_id"},
		"short key":            {checkout.ModeTest, map[string]any{"niaga_key": strings.Repeat("k", 31)}, "niaga_key"},
		"no channel":           {checkout.ModeTest, map[string]any{"channel": ""}, "channel"},
		"no currency":          {checkout.ModeTest, map[string]any{"currencies": []string{}}, "currencies"},
		"riel":                 {checkout.ModeTest, map[string]any{"currencies": []string{"USD", "KHR"}}, "currencies"},
		"limit of text":        {checkout.ModeTest, map[string]any{"more_than": "one"}, "more_than"},
		"negative limit":       {checkout.ModeTest, map[string]any{"less_than": "-1"}, "less_than"},
		"limits crossed":       {checkout.ModeTest, map[string]any{"more_than": "10.00", "less_than": "10.00"}, "less_than"},
	} {
		err := New(providers.Options{}).CheckSettings(tc.mode, accountAt("http://127.0.0.1:1/pay", tc.changes).Settings)
		if tc.param == "-" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		var bad *checkout.Error
		if !errors.As(err, &bad) || bad.Kind != checkout.KindInvalid || bad.Param != tc.param {
			t.Errorf("%s: %v, want %q to be at fault", name, err, tc.param)
		}
	}
}

func TestSettingsShowNoKey(t *testing.T) {
	settings, err := parseSettings(accountAt("https://g.example", nil).Settings)
	if err != nil {
		t.Fatal(err)
	}
	if shown := fmt.Sprintf("%v %+v %#v", settings, settings, settings); strings.Contains(shown, bayopaysim.DemoNiagaKey) {
		t.Errorf("%q shows the key", shown)
	}
}
