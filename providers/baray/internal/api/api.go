// Package api is a typed client of Baray's wire protocol (Baray
// documentation, sections 5 and 9).
package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"rieltime/providers/baray/internal/cipher"
	"rieltime/providers/wire"
)

// Client calls Baray for one API key.
type Client struct {
	Wire    *wire.Client
	BaseURL string // without a slash at its end
	APIKey  string
	Key     *cipher.Key
}

// Order is the payload of POST /pay. Amount is decimal text with two
// decimals, for riel too.
type Order struct {
	Amount           string        `json:"amount"`
	Currency         string        `json:"currency"`
	OrderID          string        `json:"order_id"`
	OrderDetails     *OrderDetails `json:"order_details,omitempty"`
	CustomSuccessURL string        `json:"custom_success_url,omitempty"`
}

// OrderDetails says what is bought.
type OrderDetails struct {
	Items []Item `json:"items"`
}

// Item is one line of what is bought.
type Item struct {
	Name  string      `json:"name"`
	Price json.Number `json:"price"`
}

// Intent is the answer to POST /pay. Public integrations meet the id as `_id`
// or `id`, and the whole object under `data` as well.
type Intent struct {
	ID       string
	OrgID    string
	OrderID  string
	Amount   string
	Currency string
	Target   string
}

// Status is the answer to a check. Only "success" is documented.
type Status struct {
	Text string
	Raw  json.RawMessage
}

// Error is an answer with a status other than 200.
type Error struct {
	Status int
	Text   string // Baray's own, empty when the body was not its error format

	response wire.Response
}

func (e *Error) Error() string { return fmt.Sprintf("baray: status %d: %q", e.Status, e.Text) }

// PauseUntil is when the Retry-After of a 429 or 503 asks to come back; zero
// without one.
func (e *Error) PauseUntil(now time.Time) time.Time {
	if e.Status != http.StatusTooManyRequests && e.Status != http.StatusServiceUnavailable {
		return time.Time{}
	}
	return e.response.RetryAfter(now)
}

// AboutOrder reports whether Baray answered, and refused only this one call.
func (e *Error) AboutOrder() bool {
	switch e.Status {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity:
		return e.Text != ""
	}
	return false
}

// Pay creates an intent. It is not idempotent.
func (c *Client) Pay(ctx context.Context, order Order) (Intent, error) {
	plain, err := json.Marshal(order)
	if err != nil {
		return Intent{}, fmt.Errorf("encode order: %w", err)
	}

	var answer struct {
		wireIntent
		Data wireIntent `json:"data"`
	}
	if err := c.call(ctx, "/pay", map[string]string{"data": c.Key.Encrypt(plain)}, &answer); err != nil {
		return Intent{}, err
	}
	if answer.Data != (wireIntent{}) {
		return answer.Data.intent(), nil
	}

	return answer.intent(), nil
}

type wireIntent struct {
	MongoID  string      `json:"_id"`
	ID       string      `json:"id"`
	OrgID    string      `json:"org_id"`
	OrderID  string      `json:"order_id"`
	Amount   json.Number `json:"amount"`
	Currency string      `json:"currency"`
	Target   string      `json:"target"`
}

func (w wireIntent) intent() Intent {
	id := w.MongoID
	if id == "" {
		id = w.ID
	}
	return Intent{
		ID: id, OrgID: w.OrgID, OrderID: w.OrderID,
		Amount: w.Amount.String(), Currency: w.Currency, Target: w.Target,
	}
}

// CheckIntent asks for the status of an intent.
func (c *Client) CheckIntent(ctx context.Context, intentID string) (Status, error) {
	return c.check(ctx, "/payments/check/intent", map[string]string{"intent_id": intentID})
}

// CheckOrder asks for the status of an organization's order.
func (c *Client) CheckOrder(ctx context.Context, orgID, orderID string) (Status, error) {
	return c.check(ctx, "/payments/check/order", map[string]string{"org_id": orgID, "order_id": orderID})
}

func (c *Client) check(ctx context.Context, path string, body map[string]string) (Status, error) {
	var raw json.RawMessage
	if err := c.call(ctx, path, body, &raw); err != nil {
		return Status{}, err
	}

	var answer struct {
		Status string `json:"status"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return Status{}, fmt.Errorf("baray: %s: %w", path, err)
	}
	if answer.Status == "" {
		return Status{}, fmt.Errorf("baray: %s answered without a status", path)
	}

	return Status{Text: answer.Status, Raw: raw}, nil
}

func (c *Client) call(ctx context.Context, path string, in, out any) error {
	response, err := c.Wire.PostJSON(ctx, c.BaseURL+path, http.Header{"X-Api-Key": {c.APIKey}}, in)
	if err != nil {
		return err
	}
	if response.Status == http.StatusOK {
		return response.Decode(out)
	}

	refusal := &Error{Status: response.Status, response: response}
	var body struct {
		Error string `json:"error"`
	}
	if response.Decode(&body) == nil {
		refusal.Text = body.Error
	}

	return refusal
}
