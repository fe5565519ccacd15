package kesssim

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Bounds of a notice.
const (
	sendAttempts = 3
	sendTimeout  = 5 * time.Second
)

// Callbacks orders how notices are sent and how they misbehave; the zero value
// sends each once, at once, as JSON.
type Callbacks struct {
	Form      bool `json:"form,omitempty"`      // as a form instead of JSON
	Drop      bool `json:"drop,omitempty"`      // send none
	Duplicate int  `json:"duplicate,omitempty"` // further copies of each
	Delay     int  `json:"delay_ms,omitempty"`
	Reorder   bool `json:"reorder,omitempty"` // an older notice of the order comes after each
}

// Delivery is one attempt to bring a notice.
type Delivery struct {
	At        time.Time `json:"at"`
	URL       string    `json:"url"`
	Reference string    `json:"reference"`
	Kind      string    `json:"kind"`
	Status    int       `json:"status,omitempty"` // zero: no answer
	Reply     string    `json:"reply,omitempty"`
}

// notice is one message to a merchant. older is what Reorder sends after it.
type notice struct {
	url       string
	kind      string
	reference string
	fields    map[string]any
	older     map[string]any
}

// courier brings notices to merchants in the background.
type courier struct {
	retryEvery time.Duration
	report     func(Delivery)
	ctx        context.Context
	cancel     context.CancelFunc
	underWay   sync.WaitGroup

	mu    sync.Mutex
	rules Callbacks
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

// send brings a notice as the rules in force say.
func (c *courier) send(n notice) {
	c.mu.Lock()
	rules := c.rules
	c.mu.Unlock()
	if n.url == "" || rules.Drop {
		return
	}
	var batch []notice
	for range 1 + rules.Duplicate {
		batch = append(batch, n)
	}
	if rules.Reorder && n.older != nil {
		late := n
		late.fields = n.older
		batch = append(batch, late)
	}
	c.start(batch, time.Duration(rules.Delay)*time.Millisecond, rules.Form)
}

// sendNow brings a notice whatever the rules.
func (c *courier) sendNow(n notice) {
	c.mu.Lock()
	form := c.rules.Form
	c.mu.Unlock()
	c.start([]notice{n}, 0, form)
}

func (c *courier) start(batch []notice, delay time.Duration, form bool) {
	c.underWay.Go(func() {
		if !c.sleep(delay) {
			return
		}
		for _, n := range batch {
			c.bring(n, form)
		}
	})
}

// bring tries until the answer 200, a bounded number of times.
func (c *courier) bring(n notice, form bool) {
	for range sendAttempts {
		status, reply := c.post(n, form)
		c.report(Delivery{URL: n.url, Reference: n.reference, Kind: n.kind, Status: status, Reply: reply})
		if status == http.StatusOK || n.kind != kindGenuine || !c.sleep(c.retryEvery) {
			return
		}
	}
}

func (c *courier) post(n notice, form bool) (status int, reply string) {
	ctx, cancel := context.WithTimeout(c.ctx, sendTimeout)
	defer cancel()
	body, kind := encodeJSON(n.fields), "application/json"
	if form {
		body, kind = encodeForm(n.fields), "application/x-www-form-urlencoded"
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, n.url, strings.NewReader(body))
	if err != nil {
		return 0, ""
	}
	request.Header.Set("Content-Type", kind)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, ""
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(answer.Body, 1<<10))
	return answer.StatusCode, string(text)
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
// clears them.
func (c *courier) control(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch r.Method {
	case http.MethodGet:
		writeJSON(w, c.rules)
		return
	case http.MethodPost:
		var rules Callbacks
		if !decodeStrictly(readBody(r), &rules) {
			http.Error(w, "the rules are form, drop, duplicate, delay_ms and reorder", http.StatusBadRequest)
			return
		}
		c.rules = rules
	case http.MethodDelete:
		c.rules = Callbacks{}
	default:
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func encodeJSON(fields map[string]any) string {
	text, _ := json.Marshal(fields) // decoded JSON always encodes
	return string(text)
}
