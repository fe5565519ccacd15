package rieltimetest

import (
	"html"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"regexp"
	"time"

	rieltime "rieltime/clients/go"
)

// methodIDs are the ids in the API of short names of ways to pay. An id may be given too.
var methodIDs = map[string]string{
	"aba": "kess:ABAAKHPP", "acleda": "kess:ACLBKHPP", "wing": "kess:WING",
	"wechat": "kess:WECHAT", "alipay": "kess:ALIPAY", "card": "kess:VISA_MASTER",
}

// lastAnswer is how long after an expiry the checkout waits for a provider's last answer.
const lastAnswer = 2*time.Minute + 5*time.Second

// Checkout is a buyer at the checkout of one session, without a browser. Methods are
// "khqr", "aba", "acleda", "wing", "wechat", "alipay", "card", "baray" and "bayopay".
type Checkout struct {
	kit     *Kit
	session string
}

var sessionID = regexp.MustCompile(`cs_[0-9a-z]+`)

// Checkout puts a buyer at a session, given by its id or its address.
func (k *Kit) Checkout(session string) *Checkout {
	k.t.Helper()
	id := sessionID.FindString(session)
	if id == "" {
		k.t.Fatalf("%q names no session", session)
	}
	return &Checkout{k, id}
}

// Start chooses a way to pay and returns the payment that began.
func (c *Checkout) Start(method string) rieltime.Payment {
	c.kit.t.Helper()
	if id := methodIDs[method]; id != "" {
		method = id
	}

	form := url.Values{"method": {method}, "name": {"Sok Dara"}, "email": {"dara@example.com"}, "phone": {"012345678"}}
	if status := c.post(c.kit.URL+"/c/"+c.session+"/payments", form); status != http.StatusSeeOther {
		c.kit.t.Fatalf("the checkout page answered %d to %s: is it a way to pay %s?", status, method, c.session)
	}
	c.openProvider()
	return c.Payment()
}

// post submits a form as a browser does, without following where it leads.
func (c *Checkout) post(address string, form url.Values) (status int) {
	c.kit.t.Helper()
	browser := &http.Client{Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := browser.PostForm(address, form)
	if err != nil {
		c.kit.t.Fatal(err)
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}

var (
	handoffForm = regexp.MustCompile(`<form id="handoff" method="post" action="([^"]*)"`)
	hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)
	copiedCode  = regexp.MustCompile(`data-copy="(000201[^"]*)"`)
)

// openProvider posts the form that leads to BayoPay, which learns of a payment by it.
func (c *Checkout) openProvider() {
	c.kit.t.Helper()
	page := c.page("?go=1")
	form := handoffForm.FindStringSubmatch(page)
	if form == nil {
		return
	}

	fields := url.Values{}
	for _, field := range hiddenField.FindAllStringSubmatch(page, -1) {
		fields.Set(html.UnescapeString(field[1]), html.UnescapeString(field[2]))
	}
	c.post(html.UnescapeString(form[1]), fields)
}

func (c *Checkout) page(query string) string {
	c.kit.t.Helper()
	answer, err := http.Get(c.kit.URL + "/c/" + c.session + query)
	if err != nil {
		c.kit.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	page, err := io.ReadAll(answer.Body)
	if err != nil {
		c.kit.t.Fatal(err)
	}
	return string(page)
}

// code returns the text of the QR code that the page shows; empty: it shows none.
func (c *Checkout) code() string {
	c.kit.t.Helper()
	if code := copiedCode.FindStringSubmatch(c.page("")); code != nil {
		return html.UnescapeString(code[1])
	}
	return ""
}

// PayWith starts a payment, pays it, and waits until the session is complete.
func (c *Checkout) PayWith(method string) rieltime.Session {
	c.kit.t.Helper()
	c.Start(method)
	c.Pay()
	return c.waitForSession("complete")
}

// Pay has the provider take the money of the newest payment.
func (c *Checkout) Pay() {
	c.kit.t.Helper()
	c.decide(decision{Outcome: "paid", QR: c.code()})
}

// Decline starts a payment, which the provider declines. Baray keeps a declined payment
// open, as the buyer may choose another bank there.
func (c *Checkout) Decline(method string) rieltime.Payment {
	c.kit.t.Helper()
	payment := c.Start(method)
	c.decide(decision{Outcome: "failed", QR: c.code()})
	if payment.Provider == "baray" {
		return payment
	}
	return c.waitForPayment("the payment fails", func(p rieltime.Payment) bool { return p.Status == "failed" })
}

// PayLate starts a payment, whose money arrives after the session has expired. It waits
// for the review "late".
func (c *Checkout) PayLate(method string) rieltime.Payment {
	c.kit.t.Helper()
	c.Start(method)
	code := c.code() // which the page of an expired session no longer shows
	c.Expire()
	c.decide(decision{Outcome: "paid", QR: code})
	return c.waitForPayment("the late money is found", func(p rieltime.Payment) bool {
		if p.Review != "late" { // the longer ago a payment expired, the more rarely it is asked about
			c.kit.Advance(lastAnswer)
		}
		return p.Review == "late"
	})
}

// PayWrongAmount starts a payment, for which another amount arrives; empty: a cent or a
// riel less. It waits for the review "mismatch". Baray takes no other amount.
func (c *Checkout) PayWrongAmount(method, amount string) rieltime.Payment {
	c.kit.t.Helper()
	payment := c.Start(method)
	if amount == "" {
		amount = less(payment.Amount, payment.Currency)
	}
	c.decide(decision{Outcome: "paid", Amount: amount, QR: c.code()})
	return c.waitForPayment("the wrong amount is found", func(p rieltime.Payment) bool { return p.Review == "mismatch" })
}

// less returns an amount that is smaller by the smallest unit.
func less(amount, currency string) string {
	unit, digits := big.NewRat(1, 100), 2
	if currency == "KHR" {
		unit, digits = big.NewRat(1, 1), 0
	}
	asked, _ := new(big.Rat).SetString(amount) // the API's decimal text
	return asked.Sub(asked, unit).FloatString(digits)
}

// Expire moves the clock until the session has expired.
func (c *Checkout) Expire() rieltime.Session {
	c.kit.t.Helper()
	left := c.Session().ExpiresAt.Sub(c.kit.Now())
	c.kit.Advance(max(0, left) + lastAnswer)
	return c.waitForSession("expired")
}

// Session reads the session.
func (c *Checkout) Session() rieltime.Session {
	c.kit.t.Helper()
	session, err := c.kit.Client.GetSession(c.kit.t.Context(), c.session)
	if err != nil {
		c.kit.t.Fatal(err)
	}
	return session
}

// Payment reads the newest payment.
func (c *Checkout) Payment() rieltime.Payment {
	c.kit.t.Helper()
	list, err := c.kit.Client.ListPayments(c.kit.t.Context(), rieltime.PaymentQuery{Session: c.session})
	if err != nil {
		c.kit.t.Fatal(err)
	}
	if len(list.Data) == 0 {
		c.kit.t.Fatalf("%s has no payment: start one first", c.session)
	}
	return list.Data[0]
}

// NextWebhook is Kit.NextWebhook of this session.
func (c *Checkout) NextWebhook(eventType string) rieltime.Event {
	c.kit.t.Helper()
	return c.kit.nextWebhook(eventType, c.session)
}

// WantPaid fails the test unless the session is complete now, by a payment of its whole
// amount.
func (c *Checkout) WantPaid() {
	c.kit.t.Helper()
	session := c.Session()
	if session.Status != "complete" {
		c.kit.t.Fatalf("%s is %s, want complete", session.ID, session.Status)
	}
	payment, err := c.kit.Client.GetPayment(c.kit.t.Context(), session.Payment)
	if err != nil || payment.Status != "succeeded" || payment.Amount != session.Amount || payment.Currency != session.Currency {
		c.kit.t.Fatalf("%s is complete by %s of %s %s, want %s %s: %v", session.ID, payment.Status, payment.Amount, payment.Currency, session.Amount, session.Currency, err)
	}
}

// WantUnpaid fails the test if the session is complete now.
func (c *Checkout) WantUnpaid() {
	c.kit.t.Helper()
	if session := c.Session(); session.Status == "complete" {
		c.kit.t.Fatalf("%s is complete", session.ID)
	}
}

func (c *Checkout) waitForSession(status string) (session rieltime.Session) {
	c.kit.t.Helper()
	WaitUntil(c.kit.t, c.session+" is "+status, func() bool {
		session = c.Session()
		return session.Status == status
	})
	return session
}

func (c *Checkout) waitForPayment(what string, holds func(rieltime.Payment) bool) (payment rieltime.Payment) {
	c.kit.t.Helper()
	WaitUntil(c.kit.t, what, func() bool {
		payment = c.Payment()
		return holds(payment)
	})
	return payment
}

// decision is the body of a simulator's POST /control/outcomes.
type decision struct {
	Reference string `json:"reference"`
	Outcome   string `json:"outcome"`
	Amount    string `json:"amount"`
	QR        string `json:"qr"`
}

func (c *Checkout) decide(d decision) {
	c.kit.t.Helper()
	payment := c.Payment()
	d.Reference = payment.ProviderReference
	c.kit.call(http.MethodPost, c.kit.simulators[payment.Provider]+"/control/outcomes", d, nil)
}
