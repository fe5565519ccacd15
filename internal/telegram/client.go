// Package telegram speaks Telegram's Bot API (https://core.telegram.org/bots/api), as far as
// merchants' bots need it.
package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// DefaultAPI is the address of Telegram's servers.
const DefaultAPI = "https://api.telegram.org"

const (
	callTimeout = 15 * time.Second
	maxAnswer   = 4 << 20
)

// API is a server of the Bot API. It is safe for concurrent use.
type API struct {
	base   string
	client *http.Client
}

// NewAPI returns the server at an address without a trailing slash.
func NewAPI(base string) *API {
	// A redirect would take the token along to another server.
	noRedirect := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &API{base: strings.TrimSuffix(base, "/"), client: &http.Client{CheckRedirect: noRedirect}}
}

// Bot is a bot with its token.
type Bot struct {
	api   *API
	token string
}

// Bot returns the bot of a token.
func (a *API) Bot(token string) Bot { return Bot{a, token} }

// Error is what Telegram answered instead of a result.
type Error struct {
	Code        int    // as HTTP's: 400, 401, 403, 409, 429, 5xx
	Description string // such as "Forbidden: bot was kicked from the group chat"
	RetryAfter  time.Duration
	MigratedTo  int64 // the id that a group has now; 0: it did not change
}

func (e *Error) Error() string { return fmt.Sprintf("telegram: %d %s", e.Code, e.Description) }

// Refusal returns Telegram's own error in err, if it is one.
func Refusal(err error) (*Error, bool) { return errors.AsType[*Error](err) }

// answer is what each method answers.
type answer struct {
	OK          bool            `json:"ok"`
	Result      json.RawMessage `json:"result"`
	ErrorCode   int             `json:"error_code"`
	Description string          `json:"description"`
	Parameters  struct {
		RetryAfter int   `json:"retry_after"`
		MigratedTo int64 `json:"migrate_to_chat_id"`
	} `json:"parameters"`
}

// call calls a method with parameters that are sent as JSON.
func (b Bot) call(ctx context.Context, method string, parameters, result any) error {
	body, err := json.Marshal(parameters)
	if err != nil {
		return err
	}
	return b.post(ctx, method, "application/json", body, result)
}

func (b Bot) post(ctx context.Context, method, contentType string, body []byte, result any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, b.api.base+"/bot"+b.token+"/"+method, bytes.NewReader(body))
	if err != nil {
		return errors.New("telegram: the address is not valid") // err has the token
	}

	request.Header.Set("Content-Type", contentType)
	response, err := b.api.client.Do(request)
	if err != nil {
		return b.withoutToken(method, err)
	}
	defer func() { _ = response.Body.Close() }()

	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return b.withoutToken(method, err)
	}

	var a answer
	if err := json.Unmarshal(text, &a); err != nil {
		return &Error{Code: response.StatusCode, Description: "the answer is not Telegram's"}
	}
	if !a.OK {
		return &Error{
			Code: a.ErrorCode, Description: a.Description,
			RetryAfter: time.Duration(a.Parameters.RetryAfter) * time.Second, MigratedTo: a.Parameters.MigratedTo,
		}
	}
	if err := json.Unmarshal(a.Result, result); err != nil {
		return fmt.Errorf("telegram: the result of %s: %w", method, err)
	}
	return nil
}

// withoutToken is an error of the connection without the address, which has the token.
func (b Bot) withoutToken(method string, err error) error {
	if inner := errors.Unwrap(err); inner != nil {
		err = inner
	}
	return fmt.Errorf("telegram: %s: %w", method, err)
}
