package shop

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	apiTimeout   = 20 * time.Second
	maxAPIAnswer = 1 << 20
)

// checkoutAPI is what a shop needs of Rieltime's merchant API.
type checkoutAPI struct {
	base   string
	key    string
	client *http.Client
}

func newCheckoutAPI(base, key string) *checkoutAPI {
	return &checkoutAPI{base: trimSlash(base), key: key, client: &http.Client{Timeout: apiTimeout}}
}

func trimSlash(address string) string { return strings.TrimRight(address, "/") }

// sessionRequest is the body of POST /v1/checkout/sessions.
type sessionRequest struct {
	Amount      string     `json:"amount"`
	Currency    string     `json:"currency"`
	Reference   string     `json:"reference"`
	Description string     `json:"description"`
	LineItems   []lineItem `json:"line_items"`
	SuccessURL  string     `json:"success_url"`
	CancelURL   string     `json:"cancel_url"`

	// PayCurrencies are those that the buyer may pay in; the price's alone if it is left out.
	PayCurrencies []string `json:"pay_currencies,omitempty"`
}

type lineItem struct {
	Name     string `json:"name"`
	Quantity int    `json:"quantity"`
	Amount   string `json:"amount"`
}

// session is what a shop reads of a checkout session.
type session struct {
	ID        string `json:"id"`
	URL       string `json:"url"`
	Status    string `json:"status"` // open, complete, expired or canceled
	Amount    string `json:"amount"`
	Currency  string `json:"currency"`
	Reference string `json:"reference"`
}

// problem is an error of the API, as RFC 9457 writes it. Its detail is made to
// be read by people.
type problem struct {
	Status    int    `json:"-"`
	Detail    string `json:"detail"`
	Code      string `json:"code"`
	Param     string `json:"param"`
	RequestID string `json:"request_id"`
}

func (p *problem) Error() string {
	return fmt.Sprintf("HTTP %d, %s %s: %s (request %s)", p.Status, p.Code, p.Param, p.Detail, p.RequestID)
}

// create makes a session. The same key and body give the same session again.
func (a *checkoutAPI) create(ctx context.Context, body sessionRequest, idempotencyKey string) (session, error) {
	encoded, err := json.Marshal(body)
	if err != nil {
		return session{}, err
	}

	request, err := http.NewRequestWithContext(ctx, http.MethodPost, a.base+"/v1/checkout/sessions", bytes.NewReader(encoded))
	if err != nil {
		return session{}, err
	}

	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", idempotencyKey)
	return a.send(request, http.StatusCreated)
}

func (a *checkoutAPI) read(ctx context.Context, id string) (session, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, a.base+"/v1/checkout/sessions/"+url.PathEscape(id), nil)
	if err != nil {
		return session{}, err
	}
	return a.send(request, http.StatusOK)
}

func (a *checkoutAPI) send(request *http.Request, want int) (session, error) {
	request.Header.Set("Authorization", "Bearer "+a.key)
	response, err := a.client.Do(request)
	if err != nil {
		return session{}, err
	}

	defer func() { _ = response.Body.Close() }()

	body, err := io.ReadAll(io.LimitReader(response.Body, maxAPIAnswer))
	if err != nil {
		return session{}, err
	}

	if response.StatusCode != want {
		p := &problem{}
		_ = json.Unmarshal(body, p) // an answer that is no problem document keeps only its status
		p.Status = response.StatusCode
		return session{}, p
	}

	var s session
	if err := json.Unmarshal(body, &s); err != nil {
		return session{}, err
	}

	return s, nil
}

// statusOf is what a session read back from the API proves about an order.
func (o order) statusOf(s session) string {
	if s.Amount != o.Amount || s.Currency != o.Currency || s.Reference != o.ID {
		return statusReview
	}

	switch s.Status {
	case "complete":
		return statusPaid
	case "canceled":
		return statusCanceled
	case "expired":
		return statusExpired
	}

	return statusWaiting
}
