//go:build e2e

package e2e

import (
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// receivedEvent is an event as the merchant got it.
type receivedEvent struct {
	Type string `json:"type"`
	Data struct {
		Object struct {
			ID      string `json:"id"`
			Object  string `json:"object"`
			Session string `json:"session"`
			Status  string `json:"status"`
		} `json:"object"`
	} `json:"data"`
}

// session is whose event it is.
func (h receivedEvent) session() string {
	if h.Data.Object.Object == "checkout.session" {
		return h.Data.Object.ID
	}
	return h.Data.Object.Session
}

// webhookReceiver is the merchant's server. It keeps what it got, by the
// event's id, and sometimes fails, before or after.
type webhookReceiver struct {
	t   *testing.T
	url string

	mu       sync.Mutex
	verifier *standardwebhooks.Webhook
	dice     *rand.Rand // nil: it behaves
	got      map[string]receivedEvent
	order    map[string][]string // event ids by session, as they first came
	forged   int
	refused  int // answered 500 without taking the event
	cut      int // took the event, but its answer was lost
	repeated int
}

func newWebhookReceiver(t *testing.T, p crashConfig) *webhookReceiver {
	r := &webhookReceiver{t: t, dice: p.dice(hookDice), got: map[string]receivedEvent{}, order: map[string][]string{}}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	r.url = server.URL + "/webhooks"
	return r
}

func (r *webhookReceiver) trust(secret string) {
	verifier, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		r.t.Fatal(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.verifier = verifier
}

func (r *webhookReceiver) behave() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.dice = nil
}

func (r *webhookReceiver) ServeHTTP(answer http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return // cut off by a kill
	}

	r.mu.Lock()
	defer r.mu.Unlock()

	if err := r.verifier.Verify(body, request.Header); err != nil {
		r.forged++
		answer.WriteHeader(http.StatusUnauthorized)
		return
	}

	fate := 100
	if r.dice != nil {
		fate = r.dice.IntN(100)
	}

	if fate < 6 {
		r.refused++
		answer.WriteHeader(http.StatusInternalServerError)
		return
	}

	r.take(request.Header.Get(standardwebhooks.HeaderWebhookID), body)
	if fate < 10 {
		r.cut++
		panic(http.ErrAbortHandler)
	}
}

func (r *webhookReceiver) take(id string, body []byte) {
	var h receivedEvent
	if err := json.Unmarshal(body, &h); err != nil {
		r.t.Errorf("event %s: %v", id, err)
	}
	if _, before := r.got[id]; before {
		r.repeated++
		return
	}
	r.got[id] = h
	r.order[h.session()] = append(r.order[h.session()], id)
}
