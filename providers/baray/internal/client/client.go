// Package client is a typed client of Baray's wire protocol (Baray
// documentation, sections 5 and 9), and Baray's encryption (sections 6 and 7).
package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"rieltime/providers/wire"
)

// Client calls Baray for one API key.
type Client struct {
	Wire    *wire.Client
	BaseURL string // without a slash at its end
	APIKey  string
	Key     *Key
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
