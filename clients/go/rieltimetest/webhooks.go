package rieltimetest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	rieltime "rieltime/clients/go"
)

// passOnTimeout is how long the shop may take over a webhook.
const passOnTimeout = 30 * time.Second

// receiver takes the merchant's webhooks, keeps them and passes them on.
type receiver struct {
	server *httptest.Server

	mu      sync.Mutex
	shop    string // where they are passed on; empty: nowhere
	drop    int    // how many are still to be lost
	repeats int    // how often each is passed on again
	kept    []webhook
}

// webhook is one that was received, until a test takes it.
type webhook struct {
	header http.Header
	body   []byte
	event  rieltime.Event
}

func startReceiver(t testing.TB) *receiver {
	r := &receiver{}
	r.server = httptest.NewServer(r)
	t.Cleanup(r.server.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return // the server gave up
	}

	r.mu.Lock()
	if r.drop > 0 {
		r.drop--
		r.mu.Unlock()
		w.WriteHeader(http.StatusServiceUnavailable) // it is sent again later
		return
	}
	shop, copies := r.shop, 1+r.repeats
	r.mu.Unlock()

	// The shop has it before the test: what follows nextWebhook sees what the shop made of it.
	status := http.StatusNoContent
	for ; shop != "" && copies > 0; copies-- {
		status = passOn(shop, request.Header, body)
	}

	one := webhook{header: request.Header.Clone(), body: body}
	_ = json.Unmarshal(body, &one.event) // NextWebhook reads it again, and fails
	r.mu.Lock()
	r.kept = append(r.kept, one)
	r.mu.Unlock()
	w.WriteHeader(status)
}

// passOn returns the shop's status; 503 when it does not answer.
func passOn(shop string, header http.Header, body []byte) int {
	request, err := http.NewRequest(http.MethodPost, shop, bytes.NewReader(body))
	if err != nil {
		return http.StatusServiceUnavailable
	}
	request.Header = header.Clone()
	answer, err := (&http.Client{Timeout: passOnTimeout}).Do(request)
	if err != nil {
		return http.StatusServiceUnavailable
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}

// take returns a webhook that fits and forgets it.
func (r *receiver) take(fits func(rieltime.Event) bool) (webhook, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	at := slices.IndexFunc(r.kept, func(w webhook) bool { return fits(w.event) })
	if at < 0 {
		return webhook{}, false
	}
	found := r.kept[at]
	r.kept = slices.Delete(r.kept, at, at+1)
	return found, true
}

// PassWebhooksOn passes webhooks on to the shop's address for them.
func (k *Kit) PassWebhooksOn(url string) {
	k.webhooks.mu.Lock()
	defer k.webhooks.mu.Unlock()
	k.webhooks.shop = url
}

// DropWebhooks loses the next webhooks: the server sends each again, after five seconds
// at first.
func (k *Kit) DropWebhooks(count int) {
	k.webhooks.mu.Lock()
	defer k.webhooks.mu.Unlock()
	k.webhooks.drop = count
}

// RepeatWebhooks passes each webhook on to the shop so often again.
func (k *Kit) RepeatWebhooks(times int) {
	k.webhooks.mu.Lock()
	defer k.webhooks.mu.Unlock()
	k.webhooks.repeats = times
}

// NextWebhook waits for the next webhook of an event type, checks its signature and gives
// its event; each is given once. The shop has answered it by then.
func (k *Kit) NextWebhook(eventType string) rieltime.Event {
	k.t.Helper()
	return k.nextWebhook(eventType, "")
}

func (k *Kit) nextWebhook(eventType, session string) rieltime.Event {
	k.t.Helper()
	var found webhook
	WaitUntil(k.t, "the webhook "+eventType+" arrives", func() (ok bool) {
		found, ok = k.webhooks.take(func(e rieltime.Event) bool { return e.Type == eventType && concerns(e, session) })
		return ok
	})

	event, err := rieltime.Webhook{Secret: k.WebhookSecret}.Verify(found.header, found.body)
	if err != nil {
		k.t.Fatal(err)
	}
	return event
}

// concerns reports whether an event is about a session or a part of it; none: about any.
func concerns(event rieltime.Event, session string) bool {
	var object struct{ ID, Session string }
	return session == "" || json.Unmarshal(event.Data.Object, &object) == nil && (object.ID == session || object.Session == session)
}
