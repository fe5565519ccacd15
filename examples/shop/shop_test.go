package shop

import (
	"io"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

func TestHomeOffersDollarsAndRiel(t *testing.T) {
	status, body := newHarness(t).get("/")
	if status != http.StatusOK {
		t.Fatalf("status %d", status)
	}

	for _, want := range []string{"Iced coffee", "$1.50", "$10.00", "6,000 ៛", "41,000 ៛"} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q on the page", want)
		}
	}

	if strings.Contains(body, "<script") || strings.Contains(body, "style=") {
		t.Error("the page has a script or an inline style")
	}
}

func TestPayGoesToTheSession(t *testing.T) {
	h := newHarness(t)
	response := h.pay(url.Values{"product": {"tuk-tuk-tour"}})
	if got := response.Header.Get("Location"); response.StatusCode != http.StatusSeeOther || got != "https://pay.example/c/cs_1" {
		t.Fatalf("status %d to %q", response.StatusCode, got)
	}

	made := h.api.sessions["cs_1"]
	o := h.orders()[0]
	for field, want := range map[string]string{
		"amount": "41000", "currency": "KHR", "reference": o.ID, "description": "Tuk-tuk tour",
		"success_url": "https://shop.example/thanks?order=" + o.ID + "&session_id={CHECKOUT_SESSION_ID}",
		"cancel_url":  "https://shop.example/canceled?order=" + o.ID,
	} {
		if made[field] != want {
			t.Errorf("%s is %v, want %q", field, made[field], want)
		}
	}

	if o.SessionID != "cs_1" || o.Status != statusWaiting {
		t.Errorf("order %+v", o)
	}
}

func TestBuyerMayChooseTheCurrency(t *testing.T) {
	h := newHarness(t)
	h.pay(url.Values{"product": {"tuk-tuk-tour"}, "either": {"yes"}})
	h.pay(url.Values{"product": {"tuk-tuk-tour"}})
	if got := h.api.sessions["cs_1"]["pay_currencies"]; !reflect.DeepEqual(got, []any{"USD", "KHR"}) {
		t.Errorf("with the choice: %v", got)
	}
	if got, has := h.api.sessions["cs_2"]["pay_currencies"]; has {
		t.Errorf("without it: %v", got)
	}
}

func TestFormSentTwiceMakesOneSession(t *testing.T) {
	h := newHarness(t)
	_, body := h.get("/")
	match := regexp.MustCompile(`name="order" value="([^"]+)"`).FindStringSubmatch(body)
	if match == nil {
		t.Fatal("the form names no order")
	}

	form := url.Values{"product": {"iced-coffee"}, "order": {match[1]}}
	first, second := h.pay(form), h.pay(form)
	if a, b := first.Header.Get("Location"), second.Header.Get("Location"); a != b || len(h.api.sessions) != 1 || len(h.orders()) != 1 {
		t.Errorf("%q and %q, %d sessions, %d orders; want one", a, b, len(h.api.sessions), len(h.orders()))
	}
}

func TestClosedOrderIsNotTakenAgain(t *testing.T) {
	h := newHarness(t)
	o := h.buy("iced-coffee")
	h.api.set(o.SessionID, "status", "canceled")
	h.get("/canceled?order=" + o.ID)
	h.pay(url.Values{"product": {"iced-coffee"}, "order": {o.ID}})
	if len(h.api.sessions) != 2 {
		t.Errorf("%d sessions, want a second for the second purchase", len(h.api.sessions))
	}
}

func TestUnknownProductIsRefused(t *testing.T) {
	h := newHarness(t)
	if response := h.pay(url.Values{"product": {"gold"}}); response.StatusCode != http.StatusBadRequest {
		t.Errorf("status %d, want 400", response.StatusCode)
	}
	if len(h.orders()) != 0 {
		t.Error("an order was made")
	}
}

func TestAPIErrorsAreShown(t *testing.T) {
	h := newHarness(t)
	h.api.refuseWith(&problem{Status: 400, Detail: "amount is <too> small.", Code: "amount_invalid", Param: "amount", RequestID: "req_9"})
	response := h.pay(url.Values{"product": {"iced-coffee"}})
	body, _ := io.ReadAll(response.Body)
	if response.StatusCode != http.StatusBadGateway {
		t.Errorf("status %d, want 502", response.StatusCode)
	}

	for _, want := range []string{"amount is &lt;too&gt; small.", "(amount)", "req_9", "Nothing was charged", "Try again"} {
		if !strings.Contains(string(body), want) {
			t.Errorf("no %q in %s", want, body)
		}
	}

	h.api.Close()
	response = h.pay(url.Values{"product": {"iced-coffee"}})
	if body, _ := io.ReadAll(response.Body); !strings.Contains(string(body), "cannot be reached") {
		t.Errorf("an API that is gone shows %s", body)
	}
}

func TestThanksSaysPaidOnlyWhenProven(t *testing.T) {
	for name, test := range map[string]struct {
		field, value string
		says, status string
	}{
		"session open":     {"status", "open", "We are waiting for the payment", statusWaiting},
		"session complete": {"status", "complete", "Your order is paid", statusPaid},
		"session expired":  {"status", "expired", "time to pay is over", statusExpired},
		"wrong amount":     {"amount", "0.15", "looking into your payment", statusReview},
		"wrong currency":   {"currency", "KHR", "looking into your payment", statusReview},
		"wrong reference":  {"reference", "another", "looking into your payment", statusReview},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			o := h.buy("iced-coffee")
			h.api.set(o.SessionID, "status", "complete")
			h.api.set(o.SessionID, test.field, test.value)
			_, body := h.get("/thanks?order=" + o.ID + "&session_id=" + o.SessionID)
			if !strings.Contains(body, test.says) {
				t.Errorf("the page does not say %q: %s", test.says, body)
			}
			h.checkStatus(o.ID, test.status)
		})
	}
}

func TestThanksWaitsWhileTheAPIIsDown(t *testing.T) {
	h := newHarness(t)
	o := h.buy("iced-coffee")
	h.api.refuseWith(&problem{Status: 503})
	status, body := h.get("/thanks?order=" + o.ID + "&session_id=" + o.SessionID)
	if status != http.StatusOK || !strings.Contains(body, "We are waiting for the payment") || !strings.Contains(body, `http-equiv="refresh"`) {
		t.Errorf("status %d: %s", status, body)
	}
}

func TestThanksForAnotherOrdersSession(t *testing.T) {
	h := newHarness(t)
	first, second := h.buy("iced-coffee"), h.buy("krama-scarf")
	h.api.set(first.SessionID, "status", "complete")
	if status, _ := h.get("/thanks?order=" + second.ID + "&session_id=" + first.SessionID); status != http.StatusNotFound {
		t.Errorf("status %d, want 404", status)
	}
	if status, _ := h.get("/thanks?order=nothing"); status != http.StatusNotFound {
		t.Errorf("status %d for an unknown order, want 404", status)
	}
	h.checkStatus(second.ID, statusWaiting)
}

func TestCanceledShowsTheTruth(t *testing.T) {
	h := newHarness(t)
	o := h.buy("iced-coffee")
	if _, body := h.get("/canceled?order=" + o.ID); !strings.Contains(body, "not paid yet") {
		t.Errorf("an open session shows %s", body)
	}

	h.api.set(o.SessionID, "status", "canceled")
	if _, body := h.get("/canceled?order=" + o.ID); !strings.Contains(body, "You canceled the payment") {
		t.Errorf("a canceled session shows %s", body)
	}

	h.api.set(o.SessionID, "status", "complete")
	if status, _ := h.get("/canceled?order=" + o.ID); status != http.StatusSeeOther {
		t.Errorf("a session paid after all gives %d, want 303", status)
	}

	h.checkStatus(o.ID, statusPaid)
}

func TestOrdersSurviveARestart(t *testing.T) {
	h := newHarness(t)
	o := h.buy("num-banh-chok")
	h.restart()
	if now := h.orders(); len(now) != 1 || now[0] != o {
		t.Errorf("orders %+v, want %+v", now, o)
	}
	if _, body := h.get("/orders"); !strings.Contains(body, o.ID) || !strings.Contains(body, "6,000 ៛") {
		t.Errorf("the page lists %s", body)
	}
}

func TestUnreadableOrdersAreNotOverwritten(t *testing.T) {
	h := newHarness(t)
	if err := os.WriteFile(h.path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}

	if response := h.pay(url.Values{"product": {"iced-coffee"}}); response.StatusCode != http.StatusInternalServerError {
		t.Errorf("status %d, want 500", response.StatusCode)
	}

	if text, err := os.ReadFile(h.path); err != nil || string(text) != "{" {
		t.Errorf("the file says %q (%v)", text, err)
	}

	if len(h.api.sessions) != 0 {
		t.Error("a session was made for an order that could not be kept")
	}
}

func TestStaticFilesAreServed(t *testing.T) {
	h := newHarness(t)
	for _, path := range []string{"/static/shop.css", "/static/iced-coffee.svg", "/static/krama-scarf.svg", "/static/num-banh-chok.svg", "/static/tuk-tuk-tour.svg"} {
		if status, _ := h.get(path); status != http.StatusOK {
			t.Errorf("%s: status %d", path, status)
		}
	}
}
