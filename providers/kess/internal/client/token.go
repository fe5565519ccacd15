package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"rieltime/checkout"
)

const (
	tokenName = "kess_token"
	// tokenMargin is how long before its end a token counts as over.
	tokenMargin = 60 * time.Second
	// refreshLife is how much longer than its access token a refresh token
	// lives ("refresh_token").
	refreshLife = 15 * time.Minute
	defaultLife = 30 * time.Minute
	maxLife     = 30 * 24 * 3600 // seconds: a longer one is no time that a token lives
)

// token is what the vault keeps of a login. Owner changes with the credentials.
type token struct {
	Owner   string    `json:"owner"`
	Access  string    `json:"access"`
	Refresh string    `json:"refresh"`
	Expires time.Time `json:"expires"`
}

// token returns an access token: the vault's while it lasts, else a refreshed
// one, else that of a new login. rejected is a token that KESS no longer takes.
// One caller at a time renews, of all processes.
func (c *Client) token(ctx context.Context, account Account, rejected string) (string, error) {
	lock := c.lock(account.ID)
	select {
	case lock <- struct{}{}:
		defer func() { <-lock }()
	case <-ctx.Done():
		return "", ctx.Err()
	}

	renewal := checkout.Renewal[token]{
		Vault: c.vault, AccountID: account.ID, Name: tokenName,
		Current: func(ctx context.Context) (known token, good bool, err error) {
			known, err = c.load(ctx, account)
			good = known.Access != "" && known.Access != rejected && c.now().Before(known.Expires.Add(-tokenMargin))
			return known, good, err
		},
		Renew: func(ctx context.Context, keep func(context.Context, checkout.Secret) error) (token, error) {
			return c.renewAndKeep(ctx, account, keep)
		},
	}

	known, good, err := renewal.Current(ctx)
	if err == nil && !good {
		known, err = renewal.Once(ctx)
	}

	return known.Access, err
}

// renewAndKeep renews an account's token and keeps it, for all processes.
func (c *Client) renewAndKeep(ctx context.Context, account Account, keep func(context.Context, checkout.Secret) error) (token, error) {
	known, err := c.load(ctx, account)
	if err != nil {
		return token{}, err
	}

	renewed, err := c.renew(ctx, account, known)
	if err != nil {
		return token{}, err
	}

	text, err := json.Marshal(renewed)
	if err != nil {
		return token{}, fmt.Errorf("encode token: %w", err)
	}
	if err := keep(ctx, checkout.Secret(text)); err != nil {
		return token{}, fmt.Errorf("store token: %w", err)
	}

	return renewed, nil
}

func (c *Client) lock(accountID string) chan struct{} {
	lock, _ := c.locks.LoadOrStore(accountID, make(chan struct{}, 1))
	return lock.(chan struct{})
}

func (c *Client) load(ctx context.Context, account Account) (token, error) {
	text, err := c.vault.Get(ctx, account.ID, tokenName)
	if errors.Is(err, checkout.ErrNotFound) {
		return token{}, nil
	}
	if err != nil {
		return token{}, fmt.Errorf("read token: %w", err)
	}

	var known token
	if json.Unmarshal([]byte(text.Reveal()), &known) != nil || known.Owner != account.owner() {
		return token{}, nil
	}

	return known, nil
}

func (c *Client) renew(ctx context.Context, account Account, known token) (token, error) {
	if known.Refresh != "" && c.now().Before(known.Expires.Add(refreshLife-tokenMargin)) {
		renewed, err := c.grant(ctx, account, map[string]string{
			"grant_type": "refresh_token", "client_id": account.ClientID,
			"client_secret": account.ClientSecret.Reveal(), "refresh_token": known.Refresh,
		})

		var refused *Error
		if !errors.As(err, &refused) {
			return renewed, err
		}
	}

	return c.grant(ctx, account, map[string]string{
		"grant_type": "password", "client_id": account.ClientID,
		"client_secret": account.ClientSecret.Reveal(),
		"username":      account.Username, "password": account.Password.Reveal(),
	})
}

// grant asks for a token ("Authenticating"). Its errors never hold the answer:
// that may be a token.
func (c *Client) grant(ctx context.Context, account Account, request map[string]string) (token, error) {
	response, err := c.wire.PostJSON(ctx, account.BaseURL+"/oauth/token", nil, request)
	if err != nil {
		return token{}, fmt.Errorf("request token: %w", err)
	}

	var answer envelope
	if err := response.Decode(&answer); response.Status != http.StatusOK || (err == nil && answer.hasError()) {
		failed := answer.failure(response, c.now())
		failed.Login = true
		return token{}, failed
	}

	var granted struct {
		Type    string `json:"token_type"`
		Life    any    `json:"expires_in"` // text or number
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	if err := response.Decode(&granted); err != nil || granted.Access == "" || !strings.EqualFold(granted.Type, "Bearer") {
		return token{}, errors.New("the login response contains no bearer token")
	}

	life := defaultLife
	if seconds, err := strconv.Atoi(fmt.Sprint(granted.Life)); err == nil && seconds > 0 {
		life = time.Duration(min(seconds, maxLife)) * time.Second
	}

	return token{Owner: account.owner(), Access: granted.Access, Refresh: granted.Refresh, Expires: c.now().Add(life)}, nil
}
