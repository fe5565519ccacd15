package simkit

import (
	"bytes"
	"context"
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

// CallbackRules say how callbacks are written and misbehave. The zero value sends
// each once, immediately, in the first format.
type CallbackRules struct {
	Drop      bool   `json:"drop,omitempty"`      // send none
	Duplicate int    `json:"duplicate,omitempty"` // further copies of each
	Delay     int    `json:"delay_ms,omitempty"`
	Reorder   bool   `json:"reorder,omitempty"` // send Previous after each; without one, hold each back until the next one is sent
	Format    string `json:"format,omitempty"`  // one of the simulator's formats
}

// Callback is one message to a merchant.
type Callback struct {
	URL         string // empty: it is not sent
	Kind        string // as recorded in the ledger
	Reference   string
	ContentType string
	Body        []byte
	Previous    []byte // body of the state before, for CallbackRules.Reorder
	Retry       bool   // retry until a 2xx answer, a bounded number of times
}

// Delivery is one attempt to deliver a callback.
type Delivery struct {
	At        time.Time `json:"at"`
	URL       string    `json:"url"`
	Reference string    `json:"reference"`
	Kind      string    `json:"kind"`
	Status    int       `json:"status,omitempty"` // zero: no answer
	Reply     string    `json:"reply,omitempty"`
}

// CallbackSender delivers a simulator's callbacks to merchants in the
// background. It is safe for concurrent use.
type CallbackSender struct {
	retryEvery time.Duration
	report     func(Delivery)
	formats    []string
	ctx        context.Context
	cancel     context.CancelFunc
	running    sync.WaitGroup

	mu    sync.Mutex
	rules CallbackRules
	held  []Callback
}

// NewCallbackSender returns a sender that reports each attempt, without its
// time. It waits retryEvery between the attempts of a callback; zero is a
// second. CallbackRules.Format may name one of formats.
func NewCallbackSender(retryEvery time.Duration, report func(Delivery), formats ...string) *CallbackSender {
	if retryEvery == 0 {
		retryEvery = time.Second
	}
	ctx, cancel := context.WithCancel(context.Background())
	return &CallbackSender{retryEvery: retryEvery, report: report, formats: formats, ctx: ctx, cancel: cancel}
}

// Close cancels the running deliveries and waits for them.
func (s *CallbackSender) Close() {
	s.cancel()
	s.running.Wait()
}

// Format returns the format of the current rules, or the first of the formats.
func (s *CallbackSender) Format() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rules.Format == "" && len(s.formats) > 0 {
		return s.formats[0]
	}
	return s.rules.Format
}

// Send delivers a callback as the current rules say.
func (s *CallbackSender) Send(c Callback) {
	s.mu.Lock()
	defer s.mu.Unlock()

	if c.URL == "" || s.rules.Drop {
		return
	}

	// Duplicates and reordered callbacks leave in one batch.
	batch := slices.Repeat([]Callback{c}, 1+s.rules.Duplicate)
	switch {
	case s.rules.Reorder && c.Previous != nil:
		previous := c
		previous.Body = c.Previous
		batch = append(batch, previous)

	case s.rules.Reorder && s.held == nil:
		s.held = batch
		return
	}

	s.deliverLater(append(batch, s.held...), time.Duration(s.rules.Delay)*time.Millisecond)
	s.held = nil
}

// SendNow delivers a callback whatever the rules.
func (s *CallbackSender) SendNow(c Callback) { s.deliverLater([]Callback{c}, 0) }

func (s *CallbackSender) deliverLater(batch []Callback, delay time.Duration) {
	s.running.Go(func() {
		if !s.sleep(delay) {
			return
		}
		for _, c := range batch {
			s.deliver(c)
		}
	})
}

func (s *CallbackSender) deliver(c Callback) {
	for range callbackAttempts {
		status, reply := s.post(c)
		s.report(Delivery{URL: c.URL, Reference: c.Reference, Kind: c.Kind, Status: status, Reply: reply})
		if status/100 == 2 || !c.Retry || !s.sleep(s.retryEvery) {
			return
		}
	}
}

func (s *CallbackSender) post(c Callback) (status int, reply string) {
	ctx, cancel := context.WithTimeout(s.ctx, callbackTimeout)
	defer cancel()

	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL, bytes.NewReader(c.Body))
	if err != nil {
		return 0, ""
	}

	request.Header.Set("Content-Type", c.ContentType)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, ""
	}

	defer answer.Body.Close()

	body, _ := io.ReadAll(io.LimitReader(answer.Body, 1<<10))
	return answer.StatusCode, string(body)
}

func (s *CallbackSender) sleep(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.ctx.Done():
		return false
	}
}

// Control serves /control/callbacks: GET returns the rules, POST sets them,
// DELETE clears them and sends what was held back.
func (s *CallbackSender) Control() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()

		switch r.Method {
		case http.MethodGet:
			WriteJSON(w, http.StatusOK, s.rules)
			return

		case http.MethodPost:
			var rules CallbackRules
			if DecodeStrict(ReadBody(r), &rules) != nil || !s.supports(rules) {
				http.Error(w, "invalid rules: use drop, duplicate, delay_ms, reorder and format ("+strings.Join(s.formats, ", ")+")", http.StatusBadRequest)
				return
			}

			s.rules = rules

		case http.MethodDelete:
			s.rules = CallbackRules{}
			s.deliverLater(s.held, 0)
			s.held = nil

		default:
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}

		w.WriteHeader(http.StatusNoContent)
	})
}

func (s *CallbackSender) supports(rules CallbackRules) bool {
	return rules.Duplicate >= 0 && rules.Delay >= 0 && (rules.Format == "" || slices.Contains(s.formats, rules.Format))
}
