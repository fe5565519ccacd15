package baraysim

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"sync"
	"time"
)

// Bounds of a webhook.
const (
	sendAttempts = 3
	sendTimeout  = 5 * time.Second
)

// Callbacks orders how webhooks misbehave; the zero value sends each once, at
// once.
type Callbacks struct {
	Drop      bool `json:"drop,omitempty"`      // send none
	Duplicate int  `json:"duplicate,omitempty"` // further copies of each
	Delay     int  `json:"delay_ms,omitempty"`
	Reorder   bool `json:"reorder,omitempty"` // hold each back until the next one is sent
}

// Delivery is one attempt to bring a webhook.
type Delivery struct {
	At        time.Time `json:"at"`
	URL       string    `json:"url"`
	Reference string    `json:"reference"`
	Kind      string    `json:"kind"`
	Status    int       `json:"status,omitempty"` // zero: no answer
	Reply     string    `json:"reply,omitempty"`
}

type webhook struct {
	url       string
	kind      string
	reference string
	body      []byte
}

// courier brings webhooks to the merchant in the background.
type courier struct {
	retryEvery time.Duration
	report     func(Delivery)
	ctx        context.Context
	cancel     context.CancelFunc
	underWay   sync.WaitGroup

	mu    sync.Mutex
	rules Callbacks
	held  []webhook
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

// send brings a webhook as the rules in force say.
func (c *courier) send(message webhook) {
	if message.url == "" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.rules.Drop {
		return
	}
	var batch []webhook
	for range 1 + c.rules.Duplicate {
		batch = append(batch, message)
	}
	if c.rules.Reorder && c.held == nil {
		c.held = batch
		return
	}
	c.start(append(batch, c.held...), time.Duration(c.rules.Delay)*time.Millisecond)
	c.held = nil
}

// sendNow brings a webhook whatever the rules.
func (c *courier) sendNow(message webhook) {
	c.start([]webhook{message}, 0)
}

func (c *courier) start(batch []webhook, delay time.Duration) {
	c.underWay.Go(func() {
		if !c.sleep(delay) {
			return
		}
		for _, message := range batch {
			c.bring(message)
		}
	})
}

// bring tries until a 2xx answer, a bounded number of times.
func (c *courier) bring(message webhook) {
	for range sendAttempts {
		status, reply := c.post(message)
		c.report(Delivery{
			URL: message.url, Reference: message.reference, Kind: message.kind, Status: status, Reply: reply,
		})
		if status/100 == 2 || message.kind != kindGenuine || !c.sleep(c.retryEvery) {
			return
		}
	}
}

func (c *courier) post(message webhook) (status int, reply string) {
	ctx, cancel := context.WithTimeout(c.ctx, sendTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, message.url, bytes.NewReader(message.body))
	if err != nil {
		return 0, ""
	}
	request.Header.Set("Content-Type", "application/json")
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
		answerJSON(w, http.StatusOK, c.rules)
		return
	case http.MethodPost:
		var rules Callbacks
		if !decodeStrictly(readBody(r), &rules) {
			http.Error(w, "the rules are drop, duplicate, delay_ms and reorder", http.StatusBadRequest)
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

func webhookBody(encryptedOrderID, bank string) []byte {
	body, _ := json.Marshal(map[string]string{"encrypted_order_id": encryptedOrderID, "bank": bank})
	return body // two strings always encode
}
