// Package rieltime is a client of the Rieltime API. It needs the standard
// library alone.
//
//	client := rieltime.New("https://pay.example", "sk_test_…")
//	session, err := client.CreateSession(ctx, rieltime.SessionCreate{
//		Amount: "12.50", Currency: "USD", Reference: "ORDER-1001",
//		SuccessURL: "https://shop.example/thanks", CancelURL: "https://shop.example/cart",
//	})
//	// redirect the buyer to session.URL, then wait for the webhook
//
// Every call is named after its operationId in the server's /openapi.json and
// described at its /docs. Amounts are decimal text. What is null in an answer is
// the zero value here. A Client is safe for concurrent use.
package rieltime

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	defaultTimeout  = 30 * time.Second
	defaultAttempts = 4
	firstWait       = 500 * time.Millisecond
	longestWait     = time.Minute
	maxAnswer       = 16 << 20
)

// Client calls the API with one key. Change its fields before its first use.
type Client struct {
	HTTP     *http.Client // its Timeout bounds each attempt
	Attempts int          // how often a request is sent at most, 4 unless set

	baseURL string
	key     string
	wait    func(context.Context, time.Duration) error
}

// New makes a client of the server at baseURL with a secret API key.
func New(baseURL, key string) *Client {
	return &Client{
		HTTP: &http.Client{Timeout: defaultTimeout, CheckRedirect: stayHere}, Attempts: defaultAttempts,
		baseURL: strings.TrimSuffix(baseURL, "/"), key: key, wait: wait,
	}
}

// stayHere follows no redirect: the key must not go anywhere else.
func stayHere(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Option changes one call.
type Option func(*request)

// IdempotencyKey sends this key with a POST instead of one made for the call,
// so that the call can be repeated later, even by another process.
func IdempotencyKey(key string) Option {
	return func(r *request) { r.idempotencyKey = key }
}

type request struct {
	method, path   string
	query          url.Values
	body           []byte
	idempotencyKey string
}

// do sends a request, again where that is safe and may help: every POST has an
// Idempotency-Key, the same at each attempt. into may be nil.
func (c *Client) do(ctx context.Context, r request, into any) error {
	for attempt := 1; ; attempt++ {
		err := c.try(ctx, r, into)
		if err == nil || ctx.Err() != nil || attempt >= c.Attempts || !worthRepeating(err) {
			return err
		}
		if waited := c.wait(ctx, pause(attempt, err)); waited != nil {
			return errors.Join(err, waited)
		}
	}
}

func (c *Client) try(ctx context.Context, r request, into any) error {
	address := c.baseURL + r.path
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}

	sent, err := http.NewRequestWithContext(ctx, r.method, address, bytes.NewReader(r.body))
	if err != nil {
		return err
	}

	sent.Header.Set("Authorization", "Bearer "+c.key)
	sent.Header.Set("Accept", "application/json, application/problem+json")
	if r.method == http.MethodPost {
		sent.Header.Set("Content-Type", "application/json")
		sent.Header.Set("Idempotency-Key", r.idempotencyKey)
	}

	answer, err := c.HTTP.Do(sent)
	if err != nil {
		return fmt.Errorf("rieltime: %s %s: %w", r.method, r.path, &unanswered{err})
	}

	defer func() { _ = answer.Body.Close() }()

	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("rieltime: %s %s: %w", r.method, r.path, &unanswered{err})
	}
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return readError(answer, body)
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("rieltime: %s %s: answer of another form: %w", r.method, r.path, err)
	}

	return nil
}

// unanswered is a request that got no answer: whether it was carried out is
// not known.
type unanswered struct{ cause error }

func (u *unanswered) Error() string { return "no answer: " + u.cause.Error() }
func (u *unanswered) Unwrap() error { return u.cause }

func worthRepeating(err error) bool {
	var lost *unanswered
	var refused *Error
	switch {
	case errors.As(err, &lost):
		return true
	case errors.As(err, &refused):
		return refused.Status == http.StatusTooManyRequests || refused.Status >= 500 || refused.Code == "idempotency_in_flight"
	}
	return false
}

// pause is how long to wait after an attempt: as long as the server asks for,
// else a time that doubles, with jitter.
func pause(attempt int, err error) time.Duration {
	var refused *Error
	if errors.As(err, &refused) && refused.RetryAfter > 0 {
		return min(refused.RetryAfter, longestWait)
	}
	step := min(firstWait<<min(attempt-1, 7), longestWait)
	return step/2 + mathrand.N(step/2)
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

func get[T any](ctx context.Context, c *Client, path string, query url.Values) (T, error) {
	var answer T
	err := c.do(ctx, request{method: http.MethodGet, path: path, query: query}, &answer)
	return answer, err
}

func post[T any](ctx context.Context, c *Client, path string, params any, options []Option) (T, error) {
	var answer T
	body, err := json.Marshal(params)
	if err != nil {
		return answer, err
	}

	r := request{method: http.MethodPost, path: path, body: body, idempotencyKey: rand.Text()}
	for _, option := range options {
		option(&r)
	}

	err = c.do(ctx, r, &answer)
	return answer, err
}

// Error is what the API answered instead of 2xx.
type Error struct {
	Status     int
	Code       string // stable; see ErrorCode at /docs
	Param      string // the field at fault; may be empty
	Detail     string // for people
	RequestID  string
	RetryAfter time.Duration // zero when the server does not say
	Fields     []FieldError  // each field at fault, where several are
}

// FieldError is one of several fields at fault.
type FieldError struct {
	Code   string `json:"code"`
	Param  string `json:"param"`
	Detail string `json:"detail"`
}

func (e *Error) Error() string {
	return fmt.Sprintf("rieltime: %d %s: %s (request %s)", e.Status, e.Code, e.Detail, e.RequestID)
}

func readError(answer *http.Response, body []byte) error {
	var problem struct {
		Code, Param, Detail string
		RequestID           string `json:"request_id"`
		Errors              []FieldError
	}
	if json.Unmarshal(body, &problem) != nil || problem.Code == "" {
		problem.Detail = "the answer is not from Rieltime's API"
	}

	refused := &Error{Status: answer.StatusCode, Code: problem.Code, Param: problem.Param, Detail: problem.Detail, RequestID: problem.RequestID, Fields: problem.Errors}
	if refused.RequestID == "" {
		refused.RequestID = answer.Header.Get("X-Request-Id")
	}

	if seconds, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil && seconds > 0 {
		refused.RetryAfter = time.Duration(seconds) * time.Second
	}

	return refused
}
