package webhooks

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"rieltime/checkout"
	"rieltime/internal/retryafter"
	"rieltime/webhooks/outbound"
)

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// fakeStore has one delivery and keeps what was recorded.
type fakeStore struct {
	delivery checkout.Delivery
	attempts []checkout.DeliveryAttempt
	failing  error
}

func (f *fakeStore) Delivery(_ context.Context, id string) (checkout.Delivery, error) {
	if id != f.delivery.ID {
		return checkout.Delivery{}, checkout.ErrNotFound
	}
	return f.delivery, nil
}

func (f *fakeStore) RecordAttempt(ctx context.Context, attempt checkout.DeliveryAttempt) (checkout.WebhookEndpoint, error) {
	f.attempts = append(f.attempts, attempt)
	return checkout.WebhookEndpoint{}, errors.Join(f.failing, ctx.Err())
}

// newDelivery is a sender with one delivery to a receiver.
func newDelivery(t *testing.T, receiver http.HandlerFunc) (*Sender, *fakeStore) {
	server := httptest.NewServer(receiver)
	t.Cleanup(server.Close)
	store := &fakeStore{delivery: checkout.Delivery{
		ID: "del_1", EventID: "evt_1", EndpointID: "we_1", Mode: checkout.ModeTest, URL: server.URL + "/hook", Secrets: []checkout.Secret{secret},
		Body: json.RawMessage(`{"type":"payment.succeeded"}`),
	}}
	return NewSender(Options{Store: store, AllowPrivate: true}), store
}

func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// refused tries, and is the error, the attempt and a failed test when there is
// no error.
func refused(t *testing.T, s *Sender, store *fakeStore) (*Error, checkout.DeliveryAttempt) {
	t.Helper()
	attempt, failure := s.try(t.Context(), store.delivery)
	if failure == nil {
		t.Fatal("the endpoint took the event")
	}
	if attempt.Delivered || attempt.Status != failure.Status || attempt.DeliveryID != "del_1" || attempt.At.IsZero() {
		t.Errorf("attempt %+v of %+v", attempt, failure)
	}
	return failure, attempt
}

func TestDeliverSignsByStandardWebhooks(t *testing.T) {
	var header http.Header
	var body []byte
	s, store := newDelivery(t, func(w http.ResponseWriter, r *http.Request) {
		header = r.Header.Clone()
		body, _ = io.ReadAll(r.Body)
		w.WriteHeader(http.StatusNoContent)
	})
	if _, err := s.Deliver(t.Context(), "del_1"); err != nil {
		t.Fatal(err)
	}

	verifier, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}

	if err := verifier.Verify(body, header); err != nil {
		t.Errorf("the library's verifier says %v", err)
	}

	if string(body) != string(store.delivery.Body) {
		t.Errorf("body %s", body)
	}

	for name, want := range map[string]string{
		"Webhook-Id": "evt_1", "Content-Type": "application/json", "User-Agent": userAgent,
	} {
		if got := header.Get(name); got != want {
			t.Errorf("%s %q, want %q", name, got, want)
		}
	}

	if len(store.attempts) != 1 || !store.attempts[0].Delivered || store.attempts[0].Status != http.StatusNoContent {
		t.Errorf("attempts %+v", store.attempts)
	}
}

func TestEveryOtherStatusIsAFailure(t *testing.T) {
	for _, status := range []int{http.StatusBadRequest, http.StatusNotFound, http.StatusInternalServerError, http.StatusBadGateway} {
		s, store := newDelivery(t, answer(status, "no"))
		failure, attempt := refused(t, s, store)
		if failure.Status != status || failure.Gone || failure.RetryAfter != 0 {
			t.Errorf("failure %+v for %d", failure, status)
		}
		if attempt.Answer != "no" || attempt.Error != fmt.Sprintf("The endpoint answered %d.", status) || attempt.GaveUp {
			t.Errorf("attempt %+v for %d", attempt, status)
		}
	}
}

func TestGoneEndsTheDelivery(t *testing.T) {
	s, store := newDelivery(t, answer(http.StatusGone, ""))
	failure, attempt := refused(t, s, store)
	if !failure.Gone || !attempt.GaveUp {
		t.Errorf("failure %+v, attempt %+v; want gone, given up", failure, attempt)
	}
}

func TestDeliverReturnsWhenToRetry(t *testing.T) {
	s, store := newDelivery(t, answer(http.StatusInternalServerError, ""))
	again, err := s.Deliver(t.Context(), "del_1")
	if err != nil || again < 5*time.Second || again > 6*time.Second {
		t.Errorf("again after %v, %v; want the first wait", again, err)
	}
	store.delivery.Attempts = MaxAttempts - 1
	again, err = s.Deliver(t.Context(), "del_1")
	if err != nil || again != 0 || !store.attempts[1].GaveUp {
		t.Errorf("again after %v, %v, attempt %+v; want given up", again, err, store.attempts[1])
	}
}

func TestRetryAfterIsObeyed(t *testing.T) {
	now := time.Date(2026, 4, 14, 8, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		status int
		header string
		want   time.Duration
	}{
		{http.StatusTooManyRequests, "120", 2 * time.Minute},
		{http.StatusServiceUnavailable, "Tue, 14 Apr 2026 09:00:00 GMT", time.Hour},
		{http.StatusTooManyRequests, "Tue, 14 Apr 2026 07:00:00 GMT", 0},
		{http.StatusTooManyRequests, "9999999", retryafter.Most},
		{http.StatusTooManyRequests, "soon", 0},
		{http.StatusTooManyRequests, "-5", 0},
		{http.StatusTooManyRequests, "", 0},
		{http.StatusInternalServerError, "120", 0},
	} {
		s, store := newDelivery(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", test.header)
			w.WriteHeader(test.status)
		})

		s.now = func() time.Time { return now }
		if failure, _ := refused(t, s, store); failure.RetryAfter != test.want {
			t.Errorf("%d with %q waits %v, want %v", test.status, test.header, failure.RetryAfter, test.want)
		}
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	followed := false
	s, store := newDelivery(t, func(w http.ResponseWriter, r *http.Request) {
		followed = followed || r.URL.Path != "/hook"
		http.Redirect(w, r, "/inside", http.StatusTemporaryRedirect)
	})
	failure, _ := refused(t, s, store)
	if followed || failure.Status != http.StatusTemporaryRedirect {
		t.Errorf("followed %v, failure %+v", followed, failure)
	}
}

func TestRedirectsSayWhereTheyPoint(t *testing.T) {
	for location, want := range map[string]string{
		"https://shop.example/hook/": "Its Location is https://shop.example/hook/",
		"/new/hook":                  "Its Location is http://HOST/new/hook",
		"//other.example":            "Its Location is http://other.example",
		"https://user:s3cret@shop.example:8443/hook?token=s3cret#s3cret": "Its Location is https://shop.example:8443/hook",
		"https://shop.example/a%2Fb%20c/%3Cb%3E":                         "Its Location is https://shop.example/a%2Fb%20c/%3Cb%3E",
		"":                                                               "It had no Location.",
		"mailto:s3cret@shop.example":                                     "Its Location is not an http address.",
		"https://%zz":                                                    "Its Location is not an http address.",
		"https://shop.example/" + strings.Repeat("a", 2000): "Its Location is https://shop.example/" + strings.Repeat("a", maxTarget-len("https://shop.example/")) + "…",
	} {
		for _, status := range []int{301, 302, 303, 304, 307, 308} {
			s, store := newDelivery(t, func(w http.ResponseWriter, _ *http.Request) {
				if location != "" {
					w.Header().Set("Location", location)
				}
				w.WriteHeader(status)
			})

			_, attempt := refused(t, s, store)
			want := strings.Replace(want, "HOST", strings.TrimSuffix(strings.TrimPrefix(store.delivery.URL, "http://"), "/hook"), 1)
			if want = fmt.Sprintf("The endpoint answered %d: redirects are not followed. %s", status, want); attempt.Error != want || attempt.Status != status {
				t.Errorf("%d to %q: %+v, want %q", status, location, attempt, want)
			}
		}
	}
}

func TestReasonForAMissingAnswerIsShown(t *testing.T) {
	quiet := log.New(io.Discard, "", 0)
	plain := httptest.NewServer(answer(http.StatusOK, ""))
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	closed := httptest.NewServer(answer(http.StatusOK, ""))
	closed.Close()
	secure, strict := httptest.NewUnstartedServer(answer(http.StatusOK, "")), httptest.NewUnstartedServer(answer(http.StatusOK, ""))
	secure.Config.ErrorLog, strict.Config.ErrorLog = quiet, quiet
	strict.TLS = &tls.Config{MinVersion: tls.VersionTLS13}
	secure.StartTLS()
	strict.StartTLS()
	for _, server := range []*httptest.Server{plain, silent, secure, strict} {
		t.Cleanup(server.Close)
	}

	trusted := x509.NewCertPool()
	trusted.AddCert(secure.Certificate())
	for want, test := range map[string]struct {
		url string
		tls *tls.Config
	}{
		"The endpoint refused the connection.":                                                                              {closed.URL, nil},
		"The endpoint closed the connection without an answer.":                                                             {silent.URL, nil},
		"The endpoint does not use TLS at this address.":                                                                    {strings.Replace(plain.URL, "http:", "https:", 1), nil},
		"The endpoint refused the TLS connection.":                                                                          {strict.URL, &tls.Config{RootCAs: trusted, MaxVersion: tls.VersionTLS12}},
		"The endpoint's certificate is not valid: it is for a different host name.":                                         {strings.Replace(secure.URL, "127.0.0.1", "localhost", 1), &tls.Config{RootCAs: trusted}},
		"The endpoint's certificate is not valid: it has expired, or is not valid yet.":                                     {secure.URL, &tls.Config{RootCAs: trusted, Time: func() time.Time { return time.Unix(1<<33, 0) }}},
		"The endpoint's certificate is not valid: no known authority signed it, or an intermediate certificate is missing.": {secure.URL, nil},
	} {
		s, store := newDelivery(t, nil)
		s.test.Transport.(*http.Transport).TLSClientConfig = test.tls
		store.delivery.URL = test.url + "/hook"
		failure, attempt := refused(t, s, store)
		if attempt.Error != want || attempt.Status != 0 || attempt.Answer != "" {
			t.Errorf("%+v, want %q, because of %v", attempt, want, failure.cause)
		}
	}
}

func TestHangingEndpointIsGivenUpOn(t *testing.T) {
	release := make(chan struct{})
	s, store := newDelivery(t, func(http.ResponseWriter, *http.Request) { <-release })
	t.Cleanup(func() { close(release) }) // before the receiver closes
	s.timeout = 50 * time.Millisecond
	failure, attempt := refused(t, s, store)
	if failure.Status != 0 || attempt.Error != "The endpoint did not answer in time." {
		t.Errorf("failure %+v, attempt %+v", failure, attempt)
	}
}

func TestHugeAnswerIsCut(t *testing.T) {
	s, store := newDelivery(t, func(w http.ResponseWriter, _ *http.Request) {
		chunk := []byte("\x00\xff" + strings.Repeat("x", 1<<16))
		for {
			if _, err := w.Write(chunk); err != nil {
				return // the sender has hung up
			}
		}
	})
	if _, err := s.Deliver(t.Context(), "del_1"); err != nil {
		t.Fatal(err)
	}

	if got := store.attempts[0].Answer; got != strings.Repeat("x", keptAnswer-2) {
		t.Errorf("an answer of %d bytes was kept: %.20q…", len(got), got)
	}
}

func TestPrivateAddressIsRefused(t *testing.T) {
	reached := false
	allowing, store := newDelivery(t, func(http.ResponseWriter, *http.Request) { reached = true })
	for host, mode := range map[string]checkout.Mode{"127.0.0.1": checkout.ModeTest, "localhost": checkout.ModeTest, "[::ffff:127.0.0.1]": checkout.ModeTest, "127.0.0.2": checkout.ModeLive} {
		s := NewSender(Options{Store: store})
		if mode == checkout.ModeLive { // where no setting allows it
			s = allowing
		}

		store.attempts, store.delivery.Mode = nil, mode
		store.delivery.URL = strings.Replace(store.delivery.URL, "127.0.0.1", host, 1)
		failure, attempt := refused(t, s, store)
		if reached || !errors.Is(failure, outbound.ErrNotAllowed) {
			t.Errorf("%s: reached %v, cause %v", host, reached, failure.cause)
		}

		if attempt.Error != "The endpoint's address is not on the public internet." {
			t.Errorf("%s: error %q", host, attempt.Error)
		}

		store.delivery.URL = strings.Replace(store.delivery.URL, host, "127.0.0.1", 1)
	}
}

func TestNothingIsSentTwiceOrToADisabledEndpoint(t *testing.T) {
	for name, alter := range map[string]func(*checkout.Delivery){
		"done":     func(d *checkout.Delivery) { d.Done = true },
		"disabled": func(d *checkout.Delivery) { d.Disabled = true },
	} {
		reached := false
		s, store := newDelivery(t, func(http.ResponseWriter, *http.Request) { reached = true })
		alter(&store.delivery)
		if _, err := s.Deliver(t.Context(), "del_1"); err != nil || reached || len(store.attempts) != 0 {
			t.Errorf("%s: error %v, reached %v, %d attempts", name, err, reached, len(store.attempts))
		}
	}
}

func TestOutcomeIsRecordedWhenTheCallerHasGone(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s, store := newDelivery(t, func(http.ResponseWriter, *http.Request) { cancel() })
	if _, err := s.Deliver(ctx, "del_1"); err != nil {
		t.Errorf("error %v: the attempt was recorded under the ended context", err)
	}
	if len(store.attempts) != 1 {
		t.Errorf("%d attempts recorded, want 1", len(store.attempts))
	}
}

func TestStoreErrorsAreReturned(t *testing.T) {
	s, store := newDelivery(t, answer(http.StatusOK, ""))
	if _, err := s.Deliver(t.Context(), "del_unknown"); !errors.Is(err, checkout.ErrNotFound) {
		t.Errorf("error %v, want not found", err)
	}
	store.failing = errors.New("disk full")
	if _, err := s.Deliver(t.Context(), "del_1"); !errors.Is(err, store.failing) {
		t.Errorf("error %v, want that the attempt was not recorded", err)
	}
}

func TestNoErrorShowsTheSecretOrTheNetwork(t *testing.T) {
	s, store := newDelivery(t, nil)
	store.delivery.Secrets = []checkout.Secret{"whsec_k33p*quiet"}
	failure, attempt := refused(t, s, store)
	if said := fmt.Sprint(failure, failure.cause, attempt); strings.Contains(said, "k33p") {
		t.Errorf("said %s", said)
	}

	s, store = newDelivery(t, nil)
	store.delivery.URL = "http://127.0.0.1:1/hook"
	failure, attempt = refused(t, s, store)
	if said := failure.Error() + attempt.Answer + attempt.Error; strings.Contains(said, "127.0.0.1") {
		t.Errorf("said %s", said)
	}
}

type panickingTransport struct{}

func (panickingTransport) RoundTrip(*http.Request) (*http.Response, error) { panic("a fault") }

func TestPanicIsAFailedAttemptThatIsRetriedLater(t *testing.T) {
	s, store := newDelivery(t, answer(http.StatusOK, ""))
	s.test = &http.Client{Transport: panickingTransport{}}
	again, err := s.Deliver(t.Context(), "del_1")
	if err != nil || again <= 0 || len(store.attempts) != 1 || store.attempts[0].Delivered {
		t.Errorf("again after %v, %v, attempts %+v", again, err, store.attempts)
	}
	if s.gates.inFlight != 0 {
		t.Errorf("%d deliveries count as under way", s.gates.inFlight)
	}
}
