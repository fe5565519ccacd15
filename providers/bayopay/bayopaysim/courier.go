package bayopaysim

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Bounds of a callback.
const (
	sendAttempts = 3
	sendTimeout  = 5 * time.Second
)

// Callbacks orders how callbacks are written and misbehave; the zero value
// sends each once, at once, as JSON.
type Callbacks struct {
	Drop      bool   `json:"drop,omitempty"`      // send none
	Duplicate int    `json:"duplicate,omitempty"` // further copies of each
	Delay     int    `json:"delay_ms,omitempty"`
	Reorder   bool   `json:"reorder,omitempty"` // hold each back until the next one is sent
	Format    string `json:"format,omitempty"`  // json, form or sample
}

// Delivery is one attempt to bring a callback.
type Delivery struct {
	At        time.Time `json:"at"`
	URL       string    `json:"url"`
	Reference string    `json:"reference"`
	Kind      string    `json:"kind"`
	Status    int       `json:"status,omitempty"` // zero: no answer
	Reply     string    `json:"reply,omitempty"`
}

type message struct {
	url         string
	kind        string
	reference   string
	contentType string
	body        []byte
}

// courier brings callbacks to the merchant in the background.
type courier struct {
	retryEvery time.Duration
	report     func(Delivery)
	ctx        context.Context
	cancel     context.CancelFunc
	underWay   sync.WaitGroup

	mu    sync.Mutex
	rules Callbacks
	held  []message
}

func newCourier(retryEvery time.Duration, report func(Delivery)) *courier {
	if retryEvery == 0 {
		retryEvery = time.Second
	}
	ctx, cancel := context.WithCancel(context.Background())
	return &courier{retryEvery: retryEvery, report: report, ctx: ctx, cancel: cancel}
}

func (c *courier) close() {
	c.cancel()
	c.underWay.Wait()
}

func (c *courier) format() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.rules.Format
}

// send brings a callback as the rules in force say.
func (c *courier) send(m message) {
	if m.url == "" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.rules.Drop {
		return
	}
	batch := slices.Repeat([]message{m}, 1+c.rules.Duplicate)
	if c.rules.Reorder && c.held == nil {
		c.held = batch
		return
	}
	c.start(append(batch, c.held...), time.Duration(c.rules.Delay)*time.Millisecond)
	c.held = nil
}

// sendNow brings a callback whatever the rules.
func (c *courier) sendNow(m message) { c.start([]message{m}, 0) }

func (c *courier) start(batch []message, delay time.Duration) {
	c.underWay.Go(func() {
		if !c.sleep(delay) {
			return
		}
		for _, m := range batch {
			c.bring(m)
		}
	})
}

// bring tries until a 2xx answer, a bounded number of times.
func (c *courier) bring(m message) {
	for range sendAttempts {
		status, reply := c.post(m)
		c.report(Delivery{URL: m.url, Reference: m.reference, Kind: m.kind, Status: status, Reply: reply})
		if status/100 == 2 || m.kind != kindGenuine || !c.sleep(c.retryEvery) {
			return
		}
	}
}

func (c *courier) post(m message) (status int, reply string) {
	ctx, cancel := context.WithTimeout(c.ctx, sendTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, m.url, bytes.NewReader(m.body))
	if err != nil {
		return 0, ""
	}
	request.Header.Set("Content-Type", m.contentType)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, ""
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(answer.Body, 1<<10))
	return answer.StatusCode, string(body)
}

func (c *courier) sleep(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-c.ctx.Done():
		return false
	}
}

// control is the API of the rules: GET shows them, POST sets them, DELETE
// clears them and lets go what was held back.
func (c *courier) control(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch r.Method {
	case http.MethodGet:
		answerJSON(w, c.rules)
		return
	case http.MethodPost:
		var rules Callbacks
		formats := []string{"", formatJSON, formatForm, formatSample}
		if !decodeStrictly(readBody(r), &rules) || !slices.Contains(formats, rules.Format) {
			http.Error(w, "the rules are drop, duplicate, delay_ms, reorder and format", http.StatusBadRequest)
			return
		}
		c.rules = rules
	case http.MethodDelete:
		c.rules = Callbacks{}
		c.start(c.held, 0)
		c.held = nil
	default:
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func decodeStrictly(text []byte, out any) bool {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	return decoder.Decode(out) == nil && !decoder.More()
}

func answerJSON(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body)
}
