package bakongsim

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"rieltime/khqr"
)

// page loads a page of the bank app.
func (p *phone) page(path string) *goquery.Document {
	p.Helper()
	status, text, _ := p.send("GET", path, "", "", nil)
	if status != http.StatusOK {
		p.Fatalf("GET %s: %d", path, status)
	}
	return p.parse(text)
}

func (p *phone) parse(text string) *goquery.Document {
	p.Helper()
	document, err := goquery.NewDocumentFromReader(strings.NewReader(text))
	if err != nil {
		p.Fatal(err)
	}
	return document
}

// press sends the form of the button with this name, and follows one redirect.
func (p *phone) press(document *goquery.Document, button string, fields url.Values) (status int, next *goquery.Document) {
	p.Helper()
	pressed := document.Find("button").FilterFunction(func(_ int, s *goquery.Selection) bool { return s.Text() == button })
	if pressed.Length() != 1 {
		p.Fatalf("%d buttons %q among %q", pressed.Length(), button, document.Find("button").Text())
	}
	form := pressed.Closest("form")
	values := url.Values{}
	form.Find("input[type=hidden]").Each(func(_ int, s *goquery.Selection) {
		values.Set(s.AttrOr("name", ""), s.AttrOr("value", ""))
	})
	for name, value := range fields {
		if form.Find("[name="+name+"]").Length() != 1 {
			p.Fatalf("the form of %q has no field %q", button, name)
		}
		values[name] = value
	}
	status, text, header := p.send("POST", form.AttrOr("action", ""), "application/x-www-form-urlencoded", values.Encode(), nil)
	if status == http.StatusSeeOther {
		return status, p.page(header.Get("Location"))
	}
	return status, p.parse(text)
}

// scan pastes a code.
func (p *phone) scan(qr string) *goquery.Document {
	p.Helper()
	status, document := p.press(p.page("/app/"), "Open code", url.Values{"qr": {qr}})
	if status != http.StatusSeeOther {
		p.Fatalf("scan: %d %s", status, document.Find(".error").Text())
	}
	return document
}

func buttons(document *goquery.Document) string {
	return strings.Join(document.Find("button").Map(func(_ int, s *goquery.Selection) string { return s.Text() }), ",")
}

func TestAppShowsTheCodesContent(t *testing.T) {
	p := newPhone(t, Options{})
	document := p.scan(dynamic(t, "BILL-7", 5*time.Minute))
	if name := document.Find("h1").Text(); name != "Coffee <Klaing>" {
		t.Errorf("merchant %q", name)
	}
	if amount := document.Find(".amount").Text(); amount != "10.50 USD" {
		t.Errorf("amount %q", amount)
	}
	shown := document.Find("dl").Text()
	for _, want := range []string{DemoAccount, "BILL-7", "individual, dynamic", "Phnom Penh", "5999", "2 Mar 2026 12:05:00"} {
		if !strings.Contains(shown, want) {
			t.Errorf("no %q in %q", want, shown)
		}
	}
	if got := buttons(document); got != "Pay,Pay another amount,Decline" {
		t.Errorf("buttons %s", got)
	}
}

func TestPastingIsNoPaying(t *testing.T) {
	p := newPhone(t, Options{})
	qr := dynamic(t, "B1", time.Minute)
	p.scan(qr)
	if r := p.call("check_transaction_by_md5", fmt.Sprintf(`{"md5":%q}`, khqr.MD5(qr))); r.code() != 1 {
		t.Errorf("after pasting: %+v", r)
	}
}

func TestPayShowsAReceipt(t *testing.T) {
	p := newPhone(t, Options{})
	qr := dynamic(t, "B1", time.Minute)
	_, receipt := p.press(p.scan(qr), "Pay", nil)
	made, found := p.sim.state.paymentOf(khqr.MD5(qr))
	if !found || made.Failed || made.Amount != "10.50" || made.CreatedMs != noon.UnixMilli() {
		t.Fatalf("transaction %+v", made)
	}
	if receipt.Find("h1").Text() != "Paid" || receipt.Find("#short-hash").Text() != made.Hash[:8] || receipt.Find("#full-hash").Text() != made.Hash {
		t.Errorf("receipt %s", receipt.Text())
	}
}

func TestPayAnotherAmount(t *testing.T) {
	p := newPhone(t, Options{})
	qr := dynamic(t, "B1", time.Minute)
	document := p.scan(qr)
	for _, amount := range []string{"", "0", "-1", "1e3", "1.001", "ten"} {
		if status, next := p.press(document, "Pay another amount", url.Values{"amount": {amount}}); status != 422 || next.Find(".error").Length() == 0 {
			t.Errorf("%q: %d", amount, status)
		}
	}
	_, receipt := p.press(document, "Pay another amount", url.Values{"amount": {" 3.25 "}})
	if amount := receipt.Find(".amount").Text(); amount != "3.25 USD" {
		t.Errorf("amount %q", amount)
	}
}

func TestDeclineIsAFailedTransaction(t *testing.T) {
	for name, qr := range map[string]string{"dynamic": dynamic(t, "B1", time.Minute), "static": static(t)} {
		p := newPhone(t, Options{})
		_, receipt := p.press(p.scan(qr), "Decline", nil)
		made, found := p.sim.state.paymentOf(khqr.MD5(qr))
		if !found || !made.Failed || receipt.Find("h1").Text() != "Declined" {
			t.Errorf("%s: %+v, %q", name, made, receipt.Find("h1").Text())
		}
	}
}

func TestExpiredCodeNeedsItsOwnButton(t *testing.T) {
	p := newPhone(t, Options{})
	qr := dynamic(t, "B1", time.Minute)
	fresh := p.scan(qr)
	p.control("POST", "clock", `{"offset_ms":60000}`, nil)
	if status, next := p.press(fresh, "Pay", nil); status != 422 || !strings.Contains(next.Find(".error").Text(), "expired") {
		t.Errorf("Pay after expiry: %d", status)
	}
	late := p.scan(qr)
	if got := buttons(late); got != "Pay anyway (late),Pay another amount,Decline" {
		t.Errorf("buttons %s", got)
	}
	if _, receipt := p.press(late, "Pay anyway (late)", nil); receipt.Find("h1").Text() != "Paid" {
		t.Error("not paid")
	}
	if made, _ := p.sim.state.paymentOf(khqr.MD5(qr)); made.CreatedMs != noon.Add(time.Minute).UnixMilli() {
		t.Errorf("paid at %d", made.CreatedMs)
	}
}

func TestPaidCodeIsPaidAgainOnPurposeOnly(t *testing.T) {
	p := newPhone(t, Options{})
	qr := dynamic(t, "B1", time.Minute)
	document := p.scan(qr)
	p.press(document, "Pay", nil)
	if status, next := p.press(document, "Pay", nil); status != 422 || !strings.Contains(next.Find(".error").Text(), "paid already") {
		t.Errorf("second Pay: %d", status)
	}
	if _, receipt := p.press(p.scan(qr), "Pay again", nil); receipt.Find("h1").Text() != "Paid" || len(p.sim.state.Transactions) != 2 {
		t.Errorf("%d transactions", len(p.sim.state.Transactions))
	}
}

func TestStaticCodeAsksForTheAmount(t *testing.T) {
	p := newPhone(t, Options{})
	document := p.scan(static(t))
	if amount := document.Find(".amount").Text(); amount != "Any amount in USD" {
		t.Errorf("amount %q", amount)
	}
	if status, _ := p.press(document, "Pay", url.Values{"amount": {""}}); status != 422 {
		t.Errorf("without an amount: %d", status)
	}
	if _, receipt := p.press(document, "Pay", url.Values{"amount": {"7"}}); receipt.Find(".amount").Text() != "7.00 USD" {
		t.Errorf("receipt %q", receipt.Find(".amount").Text())
	}
	p.press(p.scan(static(t)), "Pay", url.Values{"amount": {"8"}})
}

func TestDamagedCodeCannotBePaid(t *testing.T) {
	p := newPhone(t, Options{})
	qr := dynamic(t, "B1", time.Minute)
	document := p.scan(qr[:len(qr)-4] + "0000")
	if document.Find("button").Length() != 0 || document.Find(".error").Length() == 0 {
		t.Errorf("buttons %s", buttons(document))
	}
}

func TestWhatIsNoCodeIsRefused(t *testing.T) {
	p := newPhone(t, Options{})
	home := p.page("/app/")
	for _, text := range []string{"", "hello", `<script>alert(1)</script>`, strings.Repeat("0", maxBody+1)} {
		if status, next := p.press(home, "Open code", url.Values{"qr": {text}}); status != 422 || next.Find(".error").Length() != 1 || next.Find("script").Length() != 0 {
			t.Errorf("%.20q: %d", text, status)
		}
	}
	for _, path := range []string{"/app/open/none", "/app/receipt/none"} {
		if status, _, _ := p.send("GET", path, "", "", nil); status != 404 {
			t.Errorf("%s: %d", path, status)
		}
	}
	for _, path := range []string{"/app/open/none/pay", "/app/open/none/decline"} {
		if status, _, _ := p.send("POST", path, "", "", nil); status != 404 {
			t.Errorf("%s: %d", path, status)
		}
	}
}

func TestWayBackToTheShop(t *testing.T) {
	for callback, shown := range map[string]bool{
		"https://pay.example/return/bakong/pay_1": true, "http://127.0.0.1:8080/x": true,
		"javascript:alert(1)": false, "shop://paid": false,
	} {
		p := newPhone(t, Options{})
		qr := dynamic(t, "B1", time.Minute)
		r := p.call("generate_deeplink_by_qr", fmt.Sprintf(
			`{"qr":%q,"sourceInfo":{"appIconUrl":"https://x.example/i.png","appName":"Shop","appDeepLinkCallback":%q}}`, qr, callback))
		_, path, _ := strings.Cut(string(r.Data), p.server.URL)
		document := p.page(strings.TrimRight(path, `"}`))
		_, receipt := p.press(document, "Pay", nil)
		for where, page := range map[string]*goquery.Document{"code": document, "receipt": receipt} {
			link := page.Find("a").FilterFunction(func(_ int, s *goquery.Selection) bool { return s.Text() == "Back to the shop" })
			if (link.Length() == 1) != shown || shown && link.AttrOr("href", "") != callback {
				t.Errorf("%s, %s: %d links to %q", callback, where, link.Length(), link.AttrOr("href", ""))
			}
		}
	}
}

func TestPagesAreHeadedSimulatorAndCarryNoScript(t *testing.T) {
	p := newPhone(t, Options{})
	code := p.scan(dynamic(t, "B1", time.Minute))
	_, receipt := p.press(code, "Pay", nil)
	for name, page := range map[string]*goquery.Document{"home": p.page("/app/"), "code": code, "receipt": receipt} {
		if page.Find("header .simulator").Text() != "SIMULATOR" || page.Find("script,style,[style],[onclick]").Length() != 0 ||
			page.Find("meta[name=viewport]").Length() != 1 || page.Find("h1").Length() != 1 {
			t.Errorf("%s: %s", name, page.Text())
		}
	}
	if status, _, header := p.send("GET", "/app/app.css", "", "", nil); status != 200 || !strings.HasPrefix(header.Get("Content-Type"), "text/css") {
		t.Errorf("css: %d %v", status, header)
	}
	for _, path := range []string{"/", "/app"} {
		if status, _, header := p.send("GET", path, "", "", nil); status != 303 || header.Get("Location") != "/app/" {
			t.Errorf("%s: %d %v", path, status, header)
		}
	}
}
