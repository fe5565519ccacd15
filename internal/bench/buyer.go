package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"time"
)

const (
	pollsOfPurchase = 5 // the last of them shows that it is paid
	webhooksWithin  = time.Minute
)

// buyer makes one purchase, as the merchant's server and as the buyer's browser.
type buyer struct {
	*site
	merchant string
	requests int
	session  string
	poll     string // the address that the page polls
	code     string
}

var references atomic.Int64

// order is the body of the request that creates a session.
func order() []byte {
	return fmt.Appendf(nil, `{"amount":"2.50","currency":"USD","reference":"B-%d","description":"Iced coffee",`+
		`"success_url":"http://127.0.0.1/thanks","cancel_url":"http://127.0.0.1/cart","expires_in":3600,`+
		`"customer":{"name":"Sok Dara","email":"dara@example.com","phone":"012345678"}}`, references.Add(1))
}

// response is an answer, whose body is as it came.
type response struct {
	status int
	header http.Header
	body   []byte
}

// text is the body, decompressed.
func (r response) text() ([]byte, error) {
	if r.header.Get("Content-Encoding") != "gzip" {
		return r.body, nil
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(r.body))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(unpacked)
}

// base is one of the replicas, another one for each request.
func (b *buyer) base() string {
	b.requests++
	return b.bases[b.requests%len(b.bases)]
}

// create makes the session, at the merchant's server.
func (b *buyer) create() error {
	r, err := http.NewRequest(http.MethodPost, b.base()+"/v1/checkout/sessions", bytes.NewReader(order()))
	if err != nil {
		return err
	}

	r.Header.Set("Authorization", "Bearer "+b.keys[b.merchant])
	r.Header.Set("Content-Type", "application/json")
	got, err := send(b.http, r, http.StatusCreated)
	if err != nil {
		return err
	}

	var made struct{ ID string }
	err = json.Unmarshal(got.body, &made)
	b.session = made.ID
	return err
}

// browse makes a request of the buyer's browser.
func (b *buyer) browse(method, path, form string, want ...int) (response, error) {
	r, err := http.NewRequest(method, b.base()+path, strings.NewReader(form))
	if err != nil {
		return response{}, err
	}

	likeBrowser(r)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	return send(b.http, r, want...)
}

// likeBrowser sets the headers that a browser sends.
func likeBrowser(r *http.Request) {
	r.Header.Set("Accept-Encoding", "gzip, deflate, br")
	r.Header.Set("Accept-Language", "km,en;q=0.8")
	r.Header.Set("User-Agent", "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36")
}

func (b *buyer) page() string { return "/c/" + b.session }

// open opens the page of the session.
func (b *buyer) open() (response, error) {
	return b.browse(http.MethodGet, b.page(), "", http.StatusOK)
}

// choose starts a KHQR payment.
func (b *buyer) choose() error {
	_, err := b.browse(http.MethodPost, b.page()+"/payments", url.Values{"method": {"khqr"}}.Encode(), http.StatusSeeOther)
	return err
}

var (
	pollOf = regexp.MustCompile(`hx-get="(/c/[^"]+/status\?[^"]*)"`)
	codeOf = regexp.MustCompile(`data-copy="(000201[^"]*)"`)
)

// read takes the poll's address from a page, and the code if it shows one.
func (b *buyer) read(page response) error {
	text, err := page.text()
	if err != nil {
		return err
	}

	poll := pollOf.FindSubmatch(text)
	if poll == nil {
		return errors.New("the page does not poll")
	}

	b.poll = html.UnescapeString(string(poll[1]))
	if code := codeOf.FindSubmatch(text); code != nil {
		b.code = html.UnescapeString(string(code[1]))
	}
	return nil
}

// begin brings the buyer to the page with the methods.
func (b *buyer) begin() error {
	if err := b.create(); err != nil {
		return err
	}
	page, err := b.open()
	if err != nil {
		return err
	}
	return b.read(page)
}

// ask polls once.
func (b *buyer) ask(want ...int) error {
	_, err := b.browse(http.MethodGet, b.poll, "", want...)
	return err
}

// follow polls once, and next as the answer says, if it is not empty.
func (b *buyer) follow() error {
	answer, err := b.browse(http.MethodGet, b.poll, "", http.StatusNoContent, http.StatusOK)
	if err != nil || answer.status == http.StatusNoContent {
		return err
	}
	return b.read(answer)
}

// pay pays the code with a bank's app.
func (b *buyer) pay() error {
	body, err := json.Marshal(map[string]string{"qr": b.code})
	if err != nil {
		return err
	}
	r, err := http.NewRequest(http.MethodPost, b.bakong+"/control/pay", bytes.NewReader(body))
	if err != nil {
		return err
	}
	_, err = send(b.http, r, http.StatusOK)
	return err
}

// show brings the buyer to the page with the code.
func (b *buyer) show() error {
	if err := b.begin(); err != nil {
		return err
	}
	if err := b.choose(); err != nil {
		return err
	}
	page, err := b.open()
	if err != nil {
		return err
	}
	return b.read(page)
}

// buy makes the whole purchase, until its webhooks have arrived and the page shows
// that it is paid.
func (b *buyer) buy() error {
	if err := b.show(); err != nil {
		return err
	}
	for range pollsOfPurchase - 1 {
		if err := b.ask(http.StatusNoContent, http.StatusOK); err != nil {
			return err
		}
	}

	arrived := b.shop.expect(b.session)
	if err := b.pay(); err != nil {
		return err
	}

	select {
	case <-arrived:
	case <-time.After(webhooksWithin):
		return fmt.Errorf("session %s: no webhooks within %s", b.session, webhooksWithin)
	}
	return b.seePaid()
}

// seePaid polls until the page shows something new, which another replica than the one
// that learnt of it may do a second later.
func (b *buyer) seePaid() error {
	for begun := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		answer, err := b.browse(http.MethodGet, b.poll, "", http.StatusOK, http.StatusNoContent)
		if err != nil || answer.status == http.StatusOK {
			return err
		}
		if time.Since(begun) > webhooksWithin {
			return fmt.Errorf("session %s: the page does not show that it is paid", b.session)
		}
	}
}

// send sends a request, whose answer must have one of some statuses.
func send(transport http.RoundTripper, r *http.Request, want ...int) (response, error) {
	answer, err := transport.RoundTrip(r)
	if err != nil {
		return response{}, err
	}
	defer answer.Body.Close()

	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return response{}, err
	}
	for _, status := range want {
		if answer.StatusCode == status {
			return response{answer.StatusCode, answer.Header, body}, nil
		}
	}
	return response{}, fmt.Errorf("%s %s: %s %.300s", r.Method, r.URL, answer.Status, body)
}
