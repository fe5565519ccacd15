package faults

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Bounds of a callback.
const (
	callbackAttempts = 3
	callbackTimeout  = 5 * time.Second
)

// CallbackRules orders how callbacks are written and misbehave; the zero value
// sends each once, at once, in the first format.
type CallbackRules struct {
	Drop      bool   `json:"drop,omitempty"`      // send none
	Duplicate int    `json:"duplicate,omitempty"` // further copies of each
	Delay     int    `json:"delay_ms,omitempty"`
	Reorder   bool   `json:"reorder,omitempty"` // send its Older after each; without one, hold each back until the next one is sent
	Format    string `json:"format,omitempty"`  // one of the simulator's
}

// Callback is one callback to a merchant.
type Callback struct {
	URL         string // empty: it is not sent
	Kind        string // what the ledger says of it
	Reference   string
	ContentType string
	Body        []byte
	Previous       []byte // what the same callback said before
	Retry  bool   // tried again until a 2xx answer, a bounded number of times
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

// CallbackSender brings a simulator's callbacks to the merchant in the background. It
// is safe for concurrent use.
type CallbackSender struct {
	retryEvery time.Duration
	report     func(Delivery)
	formats    []string
	ctx        context.Context
	cancel     context.CancelFunc
	running   sync.WaitGroup

	mu    sync.Mutex
	rules CallbackRules
	held  []Callback
}

// NewCallbackSender returns a courier that reports each attempt, without its time. retryEvery passes
// between the attempts of a message; zero is a second. formats are those that
// the rules may ask for.
func NewCallbackSender(retryEvery time.Duration, report func(Delivery), formats ...string) *CallbackSender {
	if retryEvery == 0 {
		retryEvery = time.Second
	}
	ctx, cancel := context.WithCancel(context.Background())
	return &CallbackSender{retryEvery: retryEvery, report: report, formats: formats, ctx: ctx, cancel: cancel}
}

// Close ends the deliveries under way and waits for them.
func (c *CallbackSender) Close() {
	c.cancel()
	c.running.Wait()
}

// Format is what the rules ask for, or the first of the formats.
func (c *CallbackSender) Format() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.rules.Format == "" && len(c.formats) > 0 {
		return c.formats[0]
	}
	return c.rules.Format
}

// Send brings a message as the rules in force say.
func (c *CallbackSender) Send(m Callback) {
	c.mu.Lock()
	defer c.mu.Unlock()

	if m.URL == "" || c.rules.Drop {
		return
	}

	batch := slices.Repeat([]Callback{m}, 1+c.rules.Duplicate)
	switch {
	case c.rules.Reorder && m.Previous != nil:
		late := m
		late.Body = m.Previous
		batch = append(batch, late)

	case c.rules.Reorder && c.held == nil:
		c.held = batch
		return
	}

	c.deliverLater(append(batch, c.held...), time.Duration(c.rules.Delay)*time.Millisecond)
	c.held = nil
}

// SendNow brings a message whatever the rules.
func (c *CallbackSender) SendNow(m Callback) { c.deliverLater([]Callback{m}, 0) }

func (c *CallbackSender) deliverLater(batch []Callback, delay time.Duration) {
	c.running.Go(func() {
		if !c.sleep(delay) {
			return
		}
		for _, m := range batch {
			c.deliver(m)
		}
	})
}

func (c *CallbackSender) deliver(m Callback) {
	for range callbackAttempts {
		status, reply := c.post(m)
		c.report(Delivery{URL: m.URL, Reference: m.Reference, Kind: m.Kind, Status: status, Reply: reply})
		if status/100 == 2 || !m.Retry || !c.sleep(c.retryEvery) {
			return
		}
	}
}

func (c *CallbackSender) post(m Callback) (status int, reply string) {
	ctx, cancel := context.WithTimeout(c.ctx, callbackTimeout)
	defer cancel()

	request, err := http.NewRequestWithContext(ctx, http.MethodPost, m.URL, bytes.NewReader(m.Body))
	if err != nil {
		return 0, ""
	}

	request.Header.Set("Content-Type", m.ContentType)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, ""
	}

	defer answer.Body.Close()

	body, _ := io.ReadAll(io.LimitReader(answer.Body, 1<<10))
	return answer.StatusCode, string(body)
}

func (c *CallbackSender) sleep(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-c.ctx.Done():
		return false
	}
}

// Control is the control API of the rules: GET shows them, POST sets them,
// DELETE clears them and lets go what was held back.
func (c *CallbackSender) Control() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()

		switch r.Method {
		case http.MethodGet:
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(c.rules)
			return

		case http.MethodPost:
			var rules CallbackRules
			decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16))
			decoder.DisallowUnknownFields()
			if decoder.Decode(&rules) != nil || !c.supports(rules) {
				http.Error(w, "the rules are drop, duplicate, delay_ms, reorder and format ("+strings.Join(c.formats, ", ")+")", http.StatusBadRequest)
				return
			}

			c.rules = rules

		case http.MethodDelete:
			c.rules = CallbackRules{}
			c.deliverLater(c.held, 0)
			c.held = nil

		default:
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}

		w.WriteHeader(http.StatusNoContent)
	})
}

func (c *CallbackSender) supports(rules CallbackRules) bool {
	return rules.Duplicate >= 0 && rules.Delay >= 0 && (rules.Format == "" || slices.Contains(c.formats, rules.Format))
}
