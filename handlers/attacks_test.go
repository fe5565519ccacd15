package handlers_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/handlers"
)

// attack is what somebody tries. Its threat has a row in docs/threats.md.
type attack struct {
	threat string
	try    func(*harness)
}

func attacks() []attack {
	return slices.Concat(moneyAttacks, merchantAttacks, browserAttacks, markupAttacks, wireAttacks)
}

func TestAttacks(t *testing.T) {
	t.Parallel()
	for _, a := range attacks() {
		t.Run(a.threat, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, func(c *handlers.Config) {
				c.Gallery = true
				c.PayLimit = handlers.Limit{PerSecond: -1}
				c.Guard.AddressLimit, c.Guard.SessionLimit = handlers.Limit{PerSecond: -1}, handlers.Limit{PerSecond: -1}
			})
			a.try(h)
			if strings.Contains(h.log.String(), "panic") {
				t.Errorf("a panic in the log: %s", h.log)
			}
		})
	}
}

// leak is what no answer may say: where and how the server runs, what it keeps,
// why it failed.
var leak = regexp.MustCompile(`(?i)goroutine |panic|runtime error|\.go:\d|SQLITE|sql:|/home/|/root/|/tmp/|/var/|no such (table|column)|stack trace|sk_(test|live)_[0-9a-z]{8}|whsec_[0-9A-Za-z+/]{8}`)

// strike makes a request of an attacker. Whatever it is, the answer is no
// failure of the server, tells nothing and leads nowhere else.
func (h *harness) strike(method, target, body string, headers ...string) *httptest.ResponseRecorder {
	h.t.Helper()
	w := h.send(method, target, body, headers...)
	h.harmless(method+" "+target, w.Code, w.Header(), w.Body.String())
	return w
}

func (h *harness) harmless(what string, status int, header http.Header, body string) {
	h.t.Helper()
	if status >= 500 && status != http.StatusServiceUnavailable && status != http.StatusHTTPVersionNotSupported {
		h.t.Errorf("%s: %d %s", what, status, body)
	}
	if found := leak.FindString(body); found != "" {
		h.t.Errorf("%s: the answer tells %q", what, found)
	}
	if location := header.Get("Location"); location != "" && (!strings.HasPrefix(location, "/") || strings.HasPrefix(location, "//") || strings.Contains(location, `\`)) {
		h.t.Errorf("%s: leads to %s", what, location)
	}
}

// eventCount counts a merchant's events of a type.
func (h *harness) eventCount(kind checkout.EventType) int {
	h.t.Helper()
	list := read[struct {
		Data []struct{ Type checkout.EventType }
	}](h.t, h.call("klaing test", http.MethodGet, "/v1/events?limit=100&type="+string(kind), ""))
	return len(list.Data)
}

func (h *harness) wantStatus(session string, want checkout.SessionStatus) {
	h.t.Helper()
	if got := h.purchase(session).Session.Status; got != want {
		h.t.Errorf("the session is %s, want %s", got, want)
	}
}

func (h *harness) callback(account, body string) int {
	return h.strike(http.MethodPost, "/callbacks/bakong/"+account, body, "Content-Type", "application/x-www-form-urlencoded").Code
}

// moneyAttacks want something for nothing.
var moneyAttacks = []attack{
	{"a replayed callback", func(h *harness) {
		session := h.open()
		payment := h.pay(session, "khqr")
		for range 3 {
			h.callback(payment.ID, "reference="+payment.Reference+"&status=SUCCESS&amount=2.50")
		}

		h.wantStatus(session, checkout.SessionOpen)
		h.prove(payment, "tx-1", 250)
		for range 3 {
			h.callback(payment.ID, "reference="+payment.Reference)
			h.prove(payment, "tx-1", 250)
		}

		if n := h.eventCount(checkout.EventPaymentSucceeded); n != 1 || len(h.purchase(session).Payments) != 1 {
			h.t.Errorf("%d payments, told %d times", len(h.purchase(session).Payments), n)
		}
	}},
	{"a forged callback", func(h *harness) {
		payment := h.pay(h.open(), "khqr")
		var answers []string
		for _, body := range []string{"", "reference=", "reference=R000000000000000000Z", "%", strings.Repeat("a", 1000)} {
			w := h.strike(http.MethodPost, "/callbacks/bakong/"+payment.ID, body)
			answers = append(answers, strings.TrimSpace(w.Body.String()))
			if w.Code != http.StatusBadRequest {
				h.t.Errorf("%q: %d", body, w.Code)
			}
		}

		if slices.Sort(answers); answers[0] != answers[len(answers)-1] {
			h.t.Errorf("the refusals differ: %q", answers)
		}
	}},
	{"another order's callback", func(h *harness) {
		mine, other := h.pay(h.open(), "khqr"), h.pay(h.open(), "khqr")
		before := *h.purchase(mine.SessionID).Payment(mine.ID)
		h.callback(mine.ID, "reference="+other.Reference)
		if after := *h.purchase(mine.SessionID).Payment(mine.ID); !after.NextCheckAt.Equal(before.NextCheckAt) || after.Status != before.Status {
			h.t.Errorf("a callback about another payment changed %+v to %+v", before, after)
		}
		if status := h.callback("acct_kramatestbakong", "reference="+mine.Reference); status != http.StatusBadRequest {
			h.t.Errorf("another merchant's account: %d", status)
		}
	}},
	{"a return URL opened by hand", func(h *harness) {
		session := h.open()
		payment := h.pay(session, "baray")
		for _, target := range []string{"?status=success&paid=1", "?bayo_status=00", "?reference=" + payment.Reference + "&status=SUCCESS"} {
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				if w := h.strike(method, "/return/baray/"+payment.ID+target, "reference="+payment.Reference); w.Header().Get("Location") != "/c/"+session {
					h.t.Errorf("%s: %d to %s", target, w.Code, w.Header().Get("Location"))
				}
			}
		}
		h.wantStatus(session, checkout.SessionOpen)
	}},
	{"a cheaper order under the same reference", func(h *harness) {
		session := h.open()
		first, second := h.pay(session, "khqr"), h.pay(session, "khqr")
		if first.Reference == second.Reference || second.Amount != first.Amount {
			h.t.Errorf("attempts %+v and %+v", first, second)
		}
	}},
	{"an old paid code, used again", func(h *harness) {
		paid, unpaid := h.pay(h.open(), "khqr"), h.pay(h.open(), "khqr")
		h.prove(paid, "tx-1", 250)
		proof := *h.purchase(paid.SessionID).Payment(paid.ID).Proof
		proof.Reference = unpaid.Reference
		err := h.service.Apply(h.t.Context(), unpaid, checkout.Answer{Verdict: checkout.VerdictPaid, Proof: &proof})
		if err != nil && !errors.Is(err, checkout.ErrTransactionReused) {
			h.t.Error(err)
		}

		h.wantStatus(unpaid.SessionID, checkout.SessionOpen)
		if got := h.purchase(unpaid.SessionID).Payment(unpaid.ID); got.Proof != nil || h.eventCount(checkout.EventPaymentSucceeded) != 1 {
			h.t.Errorf("one transaction paid twice: %+v", got)
		}
	}},
	{"a picture of a receipt", func(h *harness) {
		session := h.open()
		h.pay(session, "khqr")
		for _, hash := range []string{"", strings.Repeat("a", 64), "deadbeef", "' or 1=1 --"} {
			h.submit("/c/"+session+"/check", "hash", hash)
		}
		h.wantStatus(session, checkout.SessionOpen)
	}},
	{"two methods paid at once", func(h *harness) {
		session := h.open()
		first := h.pay(session, "khqr")
		second := h.pay(session, "baray")
		h.prove(second, "tx-2", 250)
		h.prove(first, "tx-1", 250)
		h.wantStatus(session, checkout.SessionComplete)
		if done, duplicates := h.eventCount(checkout.EventSessionCompleted), h.eventCount(checkout.EventPaymentDuplicate); done != 1 || duplicates != 1 {
			h.t.Errorf("completed %d times, %d duplicates", done, duplicates)
		}
	}},
	{"money after the end of the session", func(h *harness) {
		session := h.open(`"expires_in":300`)
		payment := h.pay(session, "khqr")
		h.call("klaing test", http.MethodPost, "/v1/checkout/sessions/"+session+"/expire", "")
		h.clock.Add(time.Minute)
		h.prove(payment, "tx-1", 250)
		h.wantStatus(session, checkout.SessionExpired)
		if n := h.eventCount(checkout.EventPaymentLate); n != 1 {
			h.t.Errorf("told %d times", n)
		}
	}},
	{"another amount, currency or payee", func(h *harness) {
		for name, change := range map[string]func(*checkout.Proof){
			"a cent less":      func(p *checkout.Proof) { p.Amount.Minor-- },
			"a cent more":      func(p *checkout.Proof) { p.Amount.Minor++ },
			"riel for dollars": func(p *checkout.Proof) { p.Amount.Currency = checkout.KHR },
			"another's money":  func(p *checkout.Proof) { p.Payee = "thief" },
			"nobody's money":   func(p *checkout.Proof) { p.Payee = "" },
		} {
			payment := h.pay(h.open(), "khqr")
			proof := checkout.Proof{Provider: "bakong", Source: "query", Reference: payment.Reference, Payee: "payee", TransactionID: "tx " + name, Amount: payment.Amount, PaidAt: h.clock.Now()}
			change(&proof)
			h.answer(payment, checkout.Answer{Verdict: checkout.VerdictPaid, Proof: &proof})
			h.wantStatus(payment.SessionID, checkout.SessionOpen)
		}

		if n := h.eventCount(checkout.EventPaymentMismatch); n != 5 {
			h.t.Errorf("told %d times", n)
		}
	}},
	{"a changed price", func(h *harness) {
		session := h.open()
		payment := h.pay(session, "khqr", "amount", "0.01", "rate", "1", "payee", "thief", "reference", "FREE", "status", "succeeded")
		if payment.Amount.String() != "2.50 USD" || payment.Reference == "FREE" || payment.Status == checkout.PaymentSucceeded {
			h.t.Errorf("the payment is %+v", payment)
		}
	}},
	{"a price in a currency that is not offered", func(h *harness) {
		for _, currency := range []string{"KHR", "usd", "EUR", strings.Repeat("K", 1000), "<script>"} {
			session := h.open()
			if w := h.submit("/c/"+session+"/payments", "method", "khqr", "currency", currency); w.Code != http.StatusConflict || len(h.purchase(session).Payments) != 0 {
				h.t.Errorf("in %.10q: %d, %d payments", currency, w.Code, len(h.purchase(session).Payments))
			}
		}
	}},
	{"a GET with side effects", func(h *harness) {
		session := h.open()
		before := h.purchase(session)
		for _, target := range []string{"?method=khqr", "/payments?method=khqr", "/cancel", "/check", "/status?v=0", "?go=1", "/qr.png"} {
			h.strike(http.MethodGet, "/c/"+session+target, "")
			h.strike(http.MethodHead, "/c/"+session+target, "", "X-HTTP-Method-Override", "POST")
		}
		if after := h.purchase(session); after.Session.Version != before.Session.Version || len(after.Payments) != 0 {
			h.t.Errorf("reading changed the session to %+v", after)
		}
	}},
	{"a form submitted again", func(h *harness) {
		session := h.open()
		payment := h.pay(session, "khqr")
		h.prove(payment, "tx-1", 250)
		for range 2 {
			h.submit("/c/"+session+"/payments", "method", "khqr")
			h.submit("/c/" + session + "/cancel")
			h.submit("/c/" + session + "/check")
		}

		h.wantStatus(session, checkout.SessionComplete)
		if n := len(h.purchase(session).Payments); n != 1 {
			h.t.Errorf("%d payments", n)
		}

		canceled := h.open()
		for range 3 {
			h.submit("/c/" + canceled + "/cancel")
		}

		if n := h.eventCount(checkout.EventSessionCanceled); n != 1 {
			h.t.Errorf("canceled %d times", n)
		}
	}},
}
