//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// crashBuyer acts for one session as its merchant and its buyer. Its random
// numbers decide what happens.
type crashBuyer struct {
	*crashHarness
	n       int
	dice    *rand.Rand
	session string
	want    expectedSession
	only    string // the way to pay; empty: whichever
}

func (w *crashHarness) newBuyer(n int) *crashBuyer {
	s := &crashBuyer{crashHarness: w, n: n, dice: w.plan.dice(uint64(n))}
	s.want = expectedSession{reference: fmt.Sprintf("ORDER-%d", n), currency: "USD", amount: fmt.Sprintf("%d.%02d", 2+s.dice.IntN(400), 10+s.dice.IntN(90))}
	if s.chance(15) {
		s.want.currency, s.want.amount = "KHR", fmt.Sprint(10000+100*s.dice.IntN(5000))
	}
	return s
}

func (s *crashBuyer) chance(percent int) bool { return s.dice.IntN(100) < percent }

// ways are what buyers may choose; BayoPay and KESS take dollars only here.
func (s *crashBuyer) chooseMethod() string {
	if s.only != "" {
		return s.only
	}
	if s.want.currency == "KHR" {
		return []string{"khqr", "baray"}[s.dice.IntN(2)]
	}
	return []string{"khqr", "khqr", "baray", "kess", "kess:ABAAKHPP", "bayopay"}[s.dice.IntN(6)]
}

// Go is one purchase from the cart to its end, however it ends.
func (s *crashBuyer) Go() {
	if !s.create() {
		return
	}

	s.openPage()
	switch fate := s.dice.IntN(100); {
	case fate < 50:
		s.buy()
	case fate < 58: // the hash of a transaction that is not this session's
		s.claim()
	case fate < 66: // it fails, and another way is taken
		s.act(s.startPayment(), "fail")
		s.buy()
	case fate < 74: // two tabs: both ways are paid
		first := s.startPayment()
		second := s.startPayment()
		s.act(second, "pay")
		if !sameCode(first, second) { // Bakong tells of one transaction of a code
			s.act(first, "pay")
		}

	case fate < 80: // paid after the session was ended
		opened := s.startPayment()
		s.endSession()
		s.act(opened, "pay")

	case fate < 84: // another sum
		s.act(s.startPayment(), "other sum")
	case fate < 88: // nothing is paid, though a provider is said to say so
		s.startPayment()
		s.forgeries()
	case fate < 94:
		s.startPayment()
		s.endSession()
	default: // left open
		s.startPayment()
	}

	s.openPage()
}

// sameCode reports whether two visits show one code: the second choice was lost.
func sameCode(a, b *pageResponse) bool {
	return a != nil && b != nil && first(copyOf, a.text) != "" && first(copyOf, a.text) == first(copyOf, b.text)
}

// buy pays, and may press "I have paid".
func (s *crashBuyer) buy() {
	opened := s.startPayment()
	if s.chance(5) {
		s.forgeries()
	}
	s.act(opened, "pay")
	if s.chance(50) {
		s.post(s.pageURL("/check"), url.Values{})
	}
	s.openPage()
}

// order is the session as the merchant asks for it.
func (s *crashBuyer) order() []byte {
	body, _ := json.Marshal(map[string]any{ // texts and a number always encode
		"amount": s.want.amount, "currency": s.want.currency, "reference": s.want.reference, "expires_in": 300,
		"success_url": s.hooks.url + "/thanks", "cancel_url": s.hooks.url + "/cart",
		"customer": map[string]string{"name": "Sok Dara", "email": "dara@example.com", "phone": "012345678"},
	})
	return body
}

// buyersPatience is how long a buyer tries to reach the checkout. On a busy machine it is
// down for more than a minute while two days pass in the rows of thousands of sessions.
const buyersPatience = 3 * time.Minute

// create asks for the session until it is there: the same request with the
// same Idempotency-Key each time.
func (s *crashBuyer) create() bool {
	for deadline := time.Now().Add(buyersPatience); time.Now().Before(deadline); s.idle() {
		status, text := s.api(http.MethodPost, "/v1/checkout/sessions", s.want.reference, s.order()...)
		var made struct{ ID string }
		if status == http.StatusCreated && json.Unmarshal(text, &made) == nil {
			s.session = made.ID
			s.mu.Lock()
			s.created[made.ID] = s.want
			s.mu.Unlock()
			return true
		}

		if status != 0 && status < 500 && status != http.StatusConflict && status != http.StatusTooManyRequests {
			s.t.Errorf("session %s: %d %s", s.want.reference, status, text)
			return false
		}
	}

	s.t.Errorf("session %s could not be made in %v", s.want.reference, buyersPatience)
	return false
}

// api calls the merchant API once; status 0 is no answer. A GET needs no key.
func (s *crashBuyer) api(method, path, idempotencyKey string, body ...byte) (status int, text []byte) {
	request, err := http.NewRequest(method, s.baseURL+path, bytes.NewReader(body))
	if err != nil {
		s.t.Error(err)
		return 0, nil
	}

	request.Header.Set("Authorization", "Bearer "+s.key)
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Idempotency-Key", idempotencyKey)
	}

	return s.do(request)
}

func (s *crashBuyer) do(request *http.Request) (status int, text []byte) {
	answer, err := s.http.Do(request)
	if err != nil {
		return 0, nil
	}
	defer answer.Body.Close()
	if text, err = io.ReadAll(answer.Body); err != nil {
		return 0, nil
	}
	return answer.StatusCode, text
}

func (s *crashBuyer) idle() { time.Sleep(time.Duration(50+s.dice.IntN(200)) * time.Millisecond) }

// browse makes one request as this buyer's browser, which follows nothing by
// itself; nil when no answer came.
func (s *crashBuyer) browse(method, address string, form url.Values) *pageResponse {
	silences := s.silences.Load()
	request, err := http.NewRequest(method, address, strings.NewReader(form.Encode()))
	if err != nil {
		s.t.Errorf("%s is no address: %v", address, err)
		return nil
	}

	request.Header.Set("X-Forwarded-For", fmt.Sprintf("10.%d.%d.%d", s.n>>16, s.n>>8&255, s.n&255))
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}

	answer, err := s.http.Do(request)
	if err != nil {
		return nil
	}

	defer answer.Body.Close()

	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil
	}

	v := &pageResponse{status: answer.StatusCode, header: answer.Header, text: string(text), silences: silences}
	if to, err := answer.Location(); err == nil {
		v.location = to.String()
	}

	return v
}

func (s *crashBuyer) post(address string, form url.Values) *pageResponse {
	return s.browse(http.MethodPost, address, form)
}

func (s *crashBuyer) pageURL(below string) string { return s.baseURL + "/c/" + s.session + below }

// openPage opens the checkout page, and remembers what it promised.
func (s *crashBuyer) openPage() *pageResponse {
	for deadline := time.Now().Add(buyersPatience); time.Now().Before(deadline); s.idle() {
		if v := s.browse(http.MethodGet, s.pageURL("?go=1"), nil); v != nil && v.status == http.StatusOK {
			if first(stateOf, v.text) == "paid" {
				s.mu.Lock()
				s.paid[s.session] = true
				s.mu.Unlock()
			}

			return v
		}
	}

	s.t.Errorf("the page of %s could not be opened in %v", s.session, buyersPatience)
	return &pageResponse{}
}

// startPayment picks ways to pay until one is open, as a patient buyer does; nil when
// there is none.
func (s *crashBuyer) startPayment() *pageResponse {
	for range 6 {
		s.post(s.pageURL("/payments"), url.Values{"method": {s.chooseMethod()}})
		v := s.openPage()
		switch first(stateOf, v.text) {
		case "qr_waiting", "at_provider", "redirecting":
			return v
		case "paid", "canceled", "session_expired":
			return nil
		}

		s.idle()
	}

	return nil
}

// endSession cancels as the buyer or ends as the merchant. For a minute, what
// the merchant asked of a process that was killed counts as still being worked
// on; ending is safe to ask for again under another key.
func (s *crashBuyer) endSession() {
	answer := ""
	for try := range 100 {
		status := 0
		if s.n%2 == 0 {
			var text []byte
			status, text = s.api(http.MethodPost, "/v1/checkout/sessions/"+s.session+"/expire", fmt.Sprintf("end %d %d", s.n, try))
			answer = string(text)
		} else if v := s.post(s.pageURL("/cancel"), url.Values{}); v != nil {
			status, answer = v.status, v.text
		}

		if status != 0 && status < 500 && status != http.StatusTooManyRequests && !strings.Contains(answer, "idempotency_in_flight") {
			return
		}

		s.idle()
	}

	s.t.Errorf("%s could not be ended: %s", s.session, answer)
}

// forgeries has false callbacks sent about the session's payments.
func (s *crashBuyer) forgeries() {
	_, text := s.api(http.MethodGet, "/v1/payments?session="+s.session, "")
	var listed struct{ Data []paymentRow }
	if json.Unmarshal(text, &listed) != nil {
		return // the checkout was down
	}
	for _, p := range listed.Data {
		s.forge(s.dice, p.Provider, p.Reference)
	}
}
