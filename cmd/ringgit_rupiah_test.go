package cmd

import (
	"errors"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	client "rieltime/clients/go"
)

// cardShop is a demo whose buyers pay with cards in any currency that BayoPay takes.
type cardShop struct {
	*testing.T
	data              string
	checkout, bayopay string
	api               *client.Client
	browser           *http.Client
}

func newCardShop(t *testing.T) *cardShop {
	t.Helper()
	args := []string{"demo", "--data", t.TempDir(), "--no-autopilot"}
	for _, flag := range []string{"listen", "shop", "bakong-sim", "baray-sim", "kess-sim", "bayopay-sim", "telegram-sim"} {
		args = append(args, "--"+flag, "127.0.0.1:0")
	}
	out, _ := startCommand(t, args...)
	address, bayopay := out.waitForLine(t, `checkout +(http\S+)`), out.waitForLine(t, `bayopay +(http\S+)`)
	out.waitForLine(t, "Buy something")

	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &cardShop{
		T: t, data: args[2], checkout: address, bayopay: bayopay, api: client.New(address, demoKey(t, args[2])), browser: &http.Client{Jar: jar, Timeout: 30 * time.Second},
	}
}

func sessionOf(amount, currency, reference string) client.SessionCreate {
	return client.SessionCreate{
		Amount: amount, Currency: currency, Reference: reference, SuccessURL: "http://127.0.0.1/", CancelURL: "http://127.0.0.1/",
		Customer: client.Customer{Name: "Sok Dara", Email: "dara@example.com", Phone: "+855 12 345 678"},
	}
}

func (s *cardShop) create(amount, currency, reference string) client.Session {
	s.Helper()
	session, err := s.api.CreateSession(s.Context(), sessionOf(amount, currency, reference))
	if err != nil {
		s.Fatal(err)
	}
	return session
}

// page gets a page, or posts a form.
func (s *cardShop) page(address string, form url.Values) *goquery.Document {
	s.Helper()
	status, doc := s.ask(address, form)
	if status != http.StatusOK {
		s.Fatalf("%s: %d", address, status)
	}
	return doc
}

func (s *cardShop) ask(address string, form url.Values) (status int, page *goquery.Document) {
	s.Helper()
	method := http.MethodGet
	if form != nil {
		method = http.MethodPost
	}
	request, err := http.NewRequestWithContext(s.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		s.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	request.Header.Set("Accept-Language", "en")

	answer, err := s.browser.Do(request)
	if err != nil {
		s.Fatal(err)
	}
	defer answer.Body.Close()
	doc, err := goquery.NewDocumentFromReader(answer.Body)
	if err != nil {
		s.Fatal(err)
	}
	return answer.StatusCode, doc
}

// toCardPage chooses BayoPay and posts its form, as the buyer's browser does; it returns the
// payment's reference.
func (s *cardShop) toCardPage(session client.Session) (reference, page string) {
	s.Helper()
	doc := s.page(session.URL+"/payments", url.Values{"method": {"bayopay"}})
	form := doc.Find(`form[action^="` + s.bayopay + `"]`).First()
	fields := sent(form)
	address, _ := form.Attr("action")
	return fields.Get("bayo_orderid"), s.page(address, fields).Text()
}

func (s *cardShop) control(path, body string) {
	s.Helper()
	answer, err := http.Post(s.bayopay+"/control/"+path, "application/json", strings.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode/100 != 2 {
		s.Fatalf("/control/%s: %d", path, answer.StatusCode)
	}
}

// waitFor returns a session's newest payment once it has a status.
func (s *cardShop) waitFor(session client.Session, status string) client.Payment {
	s.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		list, err := s.api.ListPayments(s.Context(), client.PaymentQuery{Session: session.ID})
		if err != nil {
			s.Fatal(err)
		}
		if len(list.Data) > 0 && list.Data[0].Status == status {
			return list.Data[0]
		}
		if time.Now().After(end) {
			s.Fatalf("the payments are %+v, want one %s", list.Data, status)
		}
	}
}

func (s *cardShop) status(session client.Session) string {
	s.Helper()
	now, err := s.api.GetSession(s.Context(), session.ID)
	if err != nil {
		s.Fatal(err)
	}
	return now.Status
}

func TestRinggitAndRupiahArePaidByCardAndRefundedInPart(t *testing.T) {
	s := newCardShop(t)
	for _, c := range []struct{ amount, currency, shown, atBayoPay, part, left string }{
		{"12.50", "MYR", "MYR\u00a012.50", "12.50 MYR", "3.25", "9.25"},
		{"150000.50", "IDR", "IDR\u00a0150,000.50", "150000.50 IDR", "50000.25", "100000.25"},
	} {
		session := s.create(c.amount, c.currency, "CARD-"+c.currency)
		if session.Amount != c.amount || session.Currency != c.currency || len(session.PayAmounts) != 1 {
			t.Fatalf("the session asks for %s %s, payable as %v", session.Amount, session.Currency, session.PayAmounts)
		}

		doc := s.page(session.URL, nil)
		if !strings.Contains(doc.Text(), c.shown) {
			t.Errorf("the page does not say %s: %s", c.shown, doc.Find("main").Text())
		}
		doc.Find(".methods button[name=method]").Each(func(_ int, button *goquery.Selection) {
			if method := button.AttrOr("value", ""); method != "bayopay" {
				t.Errorf("%s is offered for %s", method, c.currency)
			}
		})

		reference, card := s.toCardPage(session)
		if !strings.Contains(card, c.atBayoPay) {
			t.Errorf("BayoPay's page does not ask for %s: %s", c.atBayoPay, card)
		}
		s.control("pay", `{"reference":"`+reference+`"}`)
		payment := s.waitFor(session, "succeeded")
		if payment.Amount != c.amount || payment.Currency != c.currency || payment.Proof.Amount != c.amount || payment.Proof.Currency != c.currency {
			t.Errorf("the payment is %+v, its proof %+v", payment, payment.Proof)
		}
		if status := s.status(session); status != "complete" {
			t.Errorf("the session is %s", status)
		}

		s.refundPart(payment, c.part, c.left)
	}
}

// refundPart gives a part back, all but which may be given back after it.
func (s *cardShop) refundPart(payment client.Payment, part, left string) {
	s.Helper()
	byHand := &client.ByHand{By: "Sokha"}
	refund, err := s.api.CreateRefund(s.Context(), client.RefundCreate{Payment: payment.ID, Amount: part, Reason: "broken", ByHand: byHand})
	if err != nil || refund.Status != "succeeded" || refund.Amount != part || refund.Currency != payment.Currency {
		s.Fatalf("the refund is %+v, %v", refund, err)
	}

	var no *client.Error
	if _, err := s.api.CreateRefund(s.Context(), client.RefundCreate{Payment: payment.ID, Amount: payment.Amount, Reason: "again", ByHand: byHand}); !errors.As(err, &no) || no.Code != "refund_too_large" {
		s.Errorf("the whole after a part: %v", err)
	}
	rest, err := s.api.CreateRefund(s.Context(), client.RefundCreate{Payment: payment.ID, Reason: "all", ByHand: byHand})
	if err != nil || rest.Amount != left {
		s.Errorf("the rest is %s, %v, want %s", rest.Amount, err, left)
	}
}

func TestResultInAnotherCurrencyPaysNoRinggit(t *testing.T) {
	s := newCardShop(t)
	for _, c := range []struct{ amount, currency, other string }{{"12.50", "MYR", "IDR"}, {"12500.00", "IDR", "MYR"}, {"13.50", "MYR", "USD"}, {"14.50", "USD", "MYR"}} {
		session := s.create(c.amount, c.currency, "OTHER-"+c.currency+c.other)
		reference, _ := s.toCardPage(session)
		s.control("callbacks/send", `{"reference":"`+reference+`","status":"00","currency":"`+c.other+`"}`)
		payment := s.waitFor(session, "failed")
		if payment.Review != "mismatch" || payment.Proof.Currency != c.other || payment.Currency != c.currency {
			t.Errorf("%s for %s: %+v", c.other, c.currency, payment)
		}
		if status := s.status(session); status == "complete" {
			t.Errorf("%s for %s completes the session", c.other, c.currency)
		}
	}
}

func TestSessionThatNoMethodCanTakeIsRefused(t *testing.T) {
	s := newCardShop(t)
	wallets := sessionOf("12.50", "MYR", "WALLET")
	wallets.PaymentMethods = []string{"khqr", "baray", "kess"}
	small := sessionOf("0.50", "MYR", "SMALL") // less than the card's limit: nothing else takes it
	converted := sessionOf("12.50", "MYR", "CONVERTED")
	converted.PayCurrencies = []string{"USD"}
	for _, c := range []struct {
		params            client.SessionCreate
		code, param, says string
	}{
		{wallets, "payment_method_unavailable", "payment_methods[0]", "khqr cannot take 12.50 MYR"},
		{small, "payment_method_unavailable", "payment_methods", "None of your payment methods can take 0.50 MYR"},
		{converted, "currency_invalid", "pay_currencies[0]", "a price in MYR can be paid in no other currency"},
		{sessionOf("1.505", "IDR", "SMALLER"), "amount_invalid", "amount", "has more than 2 decimals"},
		{sessionOf("1.50", "SGD", "UNKNOWN"), "currency_invalid", "currency", "USD, KHR, MYR or IDR"},
	} {
		var no *client.Error
		if _, err := s.api.CreateSession(t.Context(), c.params); !errors.As(err, &no) || no.Status != http.StatusBadRequest || no.Code != c.code || no.Param != c.param || !strings.Contains(no.Detail, c.says) {
			t.Errorf("%s: %v", c.params.Reference, err)
		}
	}
}

// TestRinggitThatTheShopTakesNoLonger applies a merchant's file without a currency while
// sessions in it are open: what a buyer has begun to pay is settled and can be given back,
// nothing else can be begun, and the pages say so.
func TestRinggitThatTheShopTakesNoLonger(t *testing.T) {
	s := newCardShop(t)
	begun, open := s.create("12.50", "MYR", "BEGUN"), s.create("13.50", "MYR", "OPEN")
	reference, _ := s.toCardPage(begun)
	key := readDemoSecrets(t, s.data).Key

	text := mustRun(t, "merchant", "export", "demo", "--data", s.data, "--key", key)
	without := strings.NewReplacer("      - MYR\n", "", "      - IDR\n", "").Replace(text)
	if strings.Contains(without, "MYR") || without == text {
		t.Fatalf("the file is not changed:\n%s", text)
	}
	file := filepath.Join(t.TempDir(), "merchant.yaml")
	if err := os.WriteFile(file, []byte(without), 0o600); err != nil {
		t.Fatal(err)
	}
	mustRun(t, "merchant", "apply", file, "--data", s.data, "--key", key, "--base-url", s.checkout)

	s.control("pay", `{"reference":"`+reference+`"}`)
	payment := s.waitFor(begun, "succeeded")
	if status := s.status(begun); status != "complete" || payment.Proof.Currency != "MYR" || payment.Review != "" {
		t.Errorf("the session is %s, its payment %+v", status, payment)
	}
	s.refundPart(payment, "3.25", "9.25")

	if doc := s.page(open.URL, nil); doc.Find(".methods button[name=method]").Length() != 0 || !strings.Contains(doc.Text(), "MYR") {
		t.Errorf("the page of the other session: %s", doc.Find("main").Text())
	}
	status, doc := s.ask(open.URL+"/payments", url.Values{"method": {"bayopay"}})
	if status != http.StatusConflict || doc.Find("main").Length() == 0 {
		t.Errorf("a method from an old page: %d %s", status, doc.Text())
	}
	var no *client.Error
	if _, err := s.api.CreateSession(t.Context(), sessionOf("14.50", "MYR", "LATER")); !errors.As(err, &no) || no.Code != "payment_method_unavailable" {
		t.Errorf("a new session: %v", err)
	}
	if session, err := s.api.ExpireSession(t.Context(), open.ID); err != nil || session.Status != "expired" {
		t.Errorf("the other session is %s, %v", session.Status, err)
	}
}
