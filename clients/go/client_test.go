package rieltime

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// fake is an API that answers one request after the other; the last answer
// stays.
type fake struct {
	answers []func(http.ResponseWriter)
	seen    []*http.Request
	bodies  []string
	waits   []time.Duration
	url     string
}

func answer(status int, body string, headers ...string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func hangUp(http.ResponseWriter) { panic(http.ErrAbortHandler) }

func newFake(t *testing.T, answers ...func(http.ResponseWriter)) (*Client, *fake) {
	t.Helper()
	f := &fake{answers: answers}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		f.seen, f.bodies = append(f.seen, r), append(f.bodies, string(body))
		f.answers[min(len(f.seen), len(f.answers))-1](w)
	}))

	t.Cleanup(server.Close)
	f.url = server.URL
	client := New(server.URL+"/", "sk_test_1")
	client.HTTP.Transport = &http.Transport{DisableKeepAlives: true} // on a used connection it repeats by itself
	client.wait = func(_ context.Context, d time.Duration) error {
		f.waits = append(f.waits, d)
		return nil
	}
	return client, f
}

func TestSessionIsCreatedWithKeyAndIdempotencyKey(t *testing.T) {
	client, f := newFake(t, answer(201, `{"id":"cs_1","url":"https://pay.example/c/cs_1"}`))
	session, err := client.CreateSession(t.Context(), SessionCreate{Amount: "1.00", Currency: "USD"})
	if err != nil || session.URL != "https://pay.example/c/cs_1" {
		t.Fatalf("%+v, %v", session, err)
	}

	r := f.seen[0]
	if r.Method != "POST" || r.URL.Path != "/v1/checkout/sessions" || r.Header.Get("Authorization") != "Bearer sk_test_1" ||
		r.Header.Get("Content-Type") != "application/json" || len(r.Header.Get("Idempotency-Key")) < 16 {
		t.Errorf("sent %s %s %v", r.Method, r.URL, r.Header)
	}

	if want := `{"amount":"1.00","currency":"USD","reference":"","success_url":"","cancel_url":""}`; f.bodies[0] != want {
		t.Errorf("sent %s", f.bodies[0])
	}
}

func TestRequestsAreRepeatedWithTheSameKey(t *testing.T) {
	client, f := newFake(t, answer(503, "<html>"), answer(429, `{"code":"rate_limited"}`, "Retry-After", "7"), hangUp, answer(201, `{"id":"re_1"}`))
	refund, err := client.CreateRefund(t.Context(), RefundCreate{Payment: "pay_1"})
	if err != nil || refund.ID != "re_1" {
		t.Fatalf("%+v, %v", refund, err)
	}

	for _, r := range f.seen {
		if r.Header.Get("Idempotency-Key") != f.seen[0].Header.Get("Idempotency-Key") {
			t.Error("the key changed between attempts")
		}
	}

	if len(f.waits) != 3 || f.waits[1] != 7*time.Second {
		t.Errorf("waited %v", f.waits)
	}
}

func TestRequestInFlightIsRetried(t *testing.T) {
	client, f := newFake(t, answer(409, `{"code":"idempotency_in_flight"}`), answer(201, `{"id":"cs_1"}`))
	if _, err := client.CreateSession(t.Context(), SessionCreate{}, IdempotencyKey("order-1")); err != nil || f.seen[1].Header.Get("Idempotency-Key") != "order-1" {
		t.Errorf("%v, %v", err, f.seen)
	}
}

func TestRefusalIsNotRetriedAndNamesTheError(t *testing.T) {
	client, f := newFake(t, answer(400, `{"code":"amount_invalid","param":"amount","detail":"No.","request_id":"req_1","errors":[{"code":"amount_invalid","param":"amount","detail":"No."},{"code":"currency_missing","param":"currency","detail":"Nor this."}]}`))
	_, err := client.CreateSession(t.Context(), SessionCreate{})
	var refused *Error
	want := &Error{
		Status: 400, Code: "amount_invalid", Param: "amount", Detail: "No.", RequestID: "req_1",
		Fields: []FieldError{{"amount_invalid", "amount", "No."}, {"currency_missing", "currency", "Nor this."}},
	}
	if !errors.As(err, &refused) || !reflect.DeepEqual(refused, want) {
		t.Errorf("error %#v", err)
	}

	if len(f.seen) != 1 {
		t.Errorf("sent %d times", len(f.seen))
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	_, elsewhere := newFake(t, answer(200, "{}"))
	for _, status := range []int{301, 302, 303, 307, 308} {
		client, f := newFake(t, answer(status, "", "Location", elsewhere.url+"/v1/refunds"))
		_, err := client.CreateRefund(t.Context(), RefundCreate{})
		var refused *Error
		if !errors.As(err, &refused) || refused.Status != status || len(f.seen) != 1 {
			t.Errorf("%d: %v after %d attempts", status, err, len(f.seen))
		}
	}
	if len(elsewhere.seen) != 0 {
		t.Errorf("asked %s elsewhere, with %v", elsewhere.seen[0].URL, elsewhere.seen[0].Header)
	}
}

func TestAttemptsComeToAnEnd(t *testing.T) {
	client, f := newFake(t, answer(500, ""))
	if _, err := client.GetSession(t.Context(), "cs_1"); err == nil || len(f.seen) != 4 {
		t.Errorf("%v after %d attempts", err, len(f.seen))
	}
}

func TestCanceledCallStops(t *testing.T) {
	client, f := newFake(t, answer(503, ""))
	ctx, cancel := context.WithCancel(t.Context())
	client.wait = func(ctx context.Context, _ time.Duration) error {
		cancel()
		return wait(ctx, time.Hour)
	}

	_, err := client.GetSession(ctx, "cs_1")
	var refused *Error
	if !errors.Is(err, context.Canceled) || !errors.As(err, &refused) || len(f.seen) != 1 {
		t.Errorf("%v after %d attempts", err, len(f.seen))
	}
}

func TestPausesDoubleWithJitter(t *testing.T) {
	for attempt, most := range map[int]time.Duration{1: firstWait, 2: 2 * firstWait, 3: 4 * firstWait, 100: longestWait} {
		if got := pause(attempt, &unanswered{}); got < most/2 || got > most {
			t.Errorf("after attempt %d: %v", attempt, got)
		}
	}
	if got := pause(1, &Error{RetryAfter: time.Hour}); got != longestWait {
		t.Errorf("asked to wait an hour: %v", got)
	}
}

func TestIDsAreEscaped(t *testing.T) {
	client, f := newFake(t, answer(200, "{}"))
	if _, err := client.GetPayment(t.Context(), "a/b?c"); err != nil || f.seen[0].URL.EscapedPath() != "/v1/payments/a%2Fb%3Fc" {
		t.Errorf("%v, %s", err, f.seen[0].URL)
	}
}

func TestListsAreGoneThrough(t *testing.T) {
	client, f := newFake(t, answer(200, `{"data":[{"id":"cs_3"},{"id":"cs_2"}],"has_more":true}`), answer(200, `{"data":[{"id":"cs_1"}],"has_more":false}`))
	var ids []string
	for session, err := range client.AllSessions(t.Context(), SessionQuery{Status: "open"}) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, session.ID)
	}

	if !slices.Equal(ids, []string{"cs_3", "cs_2", "cs_1"}) || f.seen[1].URL.RawQuery != "starting_after=cs_2&status=open" {
		t.Errorf("%v, asked for %s", ids, f.seen[1].URL)
	}
}

func TestEventsGoOnBehindTheLastSequence(t *testing.T) {
	client, f := newFake(t, answer(200, `{"data":[{"sequence":7}],"has_more":true}`), answer(404, `{"code":"not_found"}`))
	count := 0
	for _, err := range client.AllEvents(t.Context(), EventQuery{AfterSequence: 3}) {
		if count++; (err != nil) != (count == 2) {
			t.Errorf("event %d: %v", count, err)
		}
	}
	if count != 2 || f.seen[1].URL.RawQuery != "after_sequence=7" {
		t.Errorf("%d events, asked for %s", count, f.seen[1].URL)
	}
}

var (
	key    = []byte("a key of twenty-four byte")
	moment = time.Unix(1_795_000_000, 0)
)

func signedHeader(key []byte, id string, at time.Time, body string) http.Header {
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%d.%s", id, at.Unix(), body)
	header := http.Header{}
	header.Set("webhook-id", id)
	header.Set("webhook-timestamp", fmt.Sprint(at.Unix()))
	header.Set("webhook-signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	return header
}

const completed = `{"id":"evt_1","type":"checkout.session.completed","mode":"test","data":{"object":{"id":"cs_1","status":"complete"}}}`

func verifier() Webhook {
	return Webhook{Secret: "whsec_" + base64.StdEncoding.EncodeToString(key), Now: func() time.Time { return moment }}
}

func TestSignedWebhookIsRead(t *testing.T) {
	header := signedHeader(key, "evt_1", moment.Add(-4*time.Minute), completed)
	header.Set("webhook-signature", "v1,AAAA "+header.Get("webhook-signature"))
	event, err := verifier().Verify(header, []byte(completed))
	if err != nil {
		t.Fatal(err)
	}
	if session, err := event.Session(); err != nil || event.Type != "checkout.session.completed" || session.ID != "cs_1" || session.Status != "complete" {
		t.Errorf("%+v, %+v, %v", event, session, err)
	}
}

func TestForgedAndOldWebhooksAreRefused(t *testing.T) {
	for name, header := range map[string]http.Header{
		"another key":     signedHeader([]byte("another"), "evt_1", moment, completed),
		"another body":    signedHeader(key, "evt_1", moment, completed+" "),
		"too old":         signedHeader(key, "evt_1", moment.Add(-6*time.Minute), completed),
		"from the future": signedHeader(key, "evt_1", moment.Add(6*time.Minute), completed),
		"no headers":      {},
		"nonsense":        {"Webhook-Timestamp": {fmt.Sprint(moment.Unix())}, "Webhook-Signature": {"v1,%%% v2,AAAA v1,"}},
	} {
		if event, err := verifier().Verify(header, []byte(completed)); !errors.Is(err, ErrWebhook) || event.ID != "" {
			t.Errorf("%s: %+v, %v", name, event, err)
		}
	}

	changed := signedHeader(key, "evt_1", moment, completed)
	changed.Set("webhook-id", "evt_2")
	if _, err := verifier().Verify(changed, []byte(completed)); !errors.Is(err, ErrWebhook) {
		t.Errorf("another id: %v", err)
	}

	for _, secret := range []string{"", "whsec_", "whsec_%%%"} {
		if _, err := (Webhook{Secret: secret}).Verify(http.Header{}, nil); err == nil || strings.Contains(err.Error(), "%%%") {
			t.Errorf("secret %q: %v", secret, err)
		}
	}
}

func TestPaymentOfAnEarlierEventHasWhatIsPaidAsItsPrice(t *testing.T) {
	var event Event
	for object, want := range map[string]string{
		`{"id":"pay_1","amount":"5.50","currency":"USD"}`:                                               "5.50 USD",
		`{"id":"pay_1","amount":"5.50","currency":"USD","price_amount":"22000","price_currency":"KHR"}`: "22000 KHR",
	} {
		event.Data.Object = []byte(object)
		payment, err := event.Payment()
		if got := payment.PriceAmount + " " + payment.PriceCurrency; err != nil || got != want {
			t.Errorf("%s has the price %s, want %s: %v", object, got, want, err)
		}
	}
}

func TestDigestMatchesTheIDsOfItsEventsAlone(t *testing.T) {
	sum := sha256.Sum256([]byte("evt_a\nevt_b\n"))
	event := Event{Type: "events.digest"}
	event.Data.Object = fmt.Appendf(nil, `{"object":"event_digest","date":"2026-11-28","count":2,"first_sequence":7,"last_sequence":8,"ids_sha256":"%x"}`, sum)
	digest, err := event.Digest()
	if err != nil || digest.Date != "2026-11-28" || digest.FirstSequence != 7 || digest.LastSequence != 8 {
		t.Errorf("%+v, %v", digest, err)
	}
	if !digest.Matches([]string{"evt_a", "evt_b"}) {
		t.Error("its own events do not match")
	}
	for _, ids := range [][]string{nil, {"evt_a"}, {"evt_b", "evt_a"}, {"evt_a", "evt_b", "evt_c"}, {"evt_a\nevt_b"}} {
		if digest.Matches(ids) {
			t.Errorf("%q match", ids)
		}
	}
}
