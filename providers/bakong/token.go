package bakong

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"rieltime/checkout"
	"rieltime/providers"
	"rieltime/providers/bakong/internal/client"
)

const (
	// vaultName is where a renewed token is kept.
	vaultName = "bakong_token"
	// renewBefore is how long before its end a token is renewed ("QR
	// integration", Token Life Cycle: NBC reminds three days before).
	renewBefore = 3 * 24 * time.Hour
	// renewAgain is how long a failed renewal is left alone, and how often
	// the warning about it is repeated.
	renewAgain = 5 * time.Minute
	// renewSoon is how long it is left alone when there is no token to ask with,
	// and nothing says that another try would fail: twice as long each time.
	renewSoon = 5 * time.Second
	// renewedElsewhere is how long to wait for another process's renewal while
	// the old token still serves.
	renewedElsewhere = 2 * time.Second
)

// tokens finds each account's token and renews it in time, one renewal at a
// time.
type tokens struct {
	routes *routes
	vault  checkout.Vault
	now    func() time.Time
	log    *slog.Logger

	mu       sync.Mutex
	accounts map[string]*tokenState
}

// tokenState is what this process remembers of one account's token. Its lock
// is held through a renewal.
type tokenState struct {
	mu       sync.Mutex
	rejected checkout.Secret // refused by Bakong although it looked good
	retryAt  time.Time       // when renewal is tried again
	failures int             // of renewals in a row
}

// refused reports whether a token is absent or was refused by Bakong.
func (s *tokenState) refused(token checkout.Secret) bool { return token == "" || token == s.rejected }

func newTokens(o providers.Options, r *routes) *tokens {
	return &tokens{routes: r, vault: o.Vault, now: o.Now, log: o.Log.With("provider", Name), accounts: map[string]*tokenState{}}
}

func (t *tokens) state(accountID string) *tokenState {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.accounts[accountID] == nil {
		t.accounts[accountID] = &tokenState{}
	}
	return t.accounts[accountID]
}

// reject marks a token that Bakong refused; the next question renews it.
func (t *tokens) reject(account checkout.Account, token checkout.Secret) {
	state := t.state(account.ID)
	state.mu.Lock()
	defer state.mu.Unlock()
	state.rejected = token
}

// current is the token to ask with, renewed first when its end is near. While
// renewing fails, the old token serves to its end; one that is past it or was
// refused is tried once after each failed renewal, should Bakong think better.
func (t *tokens) current(ctx context.Context, account checkout.Account, s Settings) (checkout.Secret, error) {
	state := t.state(account.ID)
	state.mu.Lock()
	defer state.mu.Unlock()

	token, err := t.latest(ctx, account, s)
	if err != nil {
		return "", err
	}

	ends := client.Expiry(token)
	usable := !state.refused(token) && (ends.IsZero() || t.now().Before(ends))
	if usable && (ends.IsZero() || ends.Sub(t.now()) > renewBefore) {
		return token, nil
	}

	renewed, err := t.renewOnce(ctx, state, renewing{account, s, usable})
	switch {
	case err == nil:
		return renewed, nil
	case usable, token != "" && !errors.Is(err, errRenewLater):
		return token, nil
	}

	return "", &noToken{until: state.retryAt, cause: err}
}

// noToken is the want of a token; nothing is to be had before until.
type noToken struct {
	until time.Time
	cause error
}

func (e *noToken) Error() string { return "bakong: no valid token: " + e.cause.Error() }
func (e *noToken) Unwrap() error { return e.cause }

// stored returns the token in the vault; empty when there is none, or when it was
// renewed for other settings than these.
func (t *tokens) stored(ctx context.Context, account checkout.Account, s Settings) (checkout.Secret, error) {
	text, err := t.vault.Get(ctx, account.ID, vaultName)
	if errors.Is(err, checkout.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("bakong: read token: %w", err)
	}

	owner, token, _ := strings.Cut(text.Reveal(), " ")
	if owner != s.owner() {
		return "", nil
	}

	return checkout.Secret(token), nil
}

// owner changes with what a token is renewed by: not with the merchant's city,
// which leaves the token as good as it was.
func (s Settings) owner() string {
	sum := sha256.Sum256([]byte(s.BaseURL + "\x00" + s.Email + "\x00" + s.Token.Reveal()))
	return hex.EncodeToString(sum[:])
}

// latest returns the later of the token in the settings and the one in the vault.
func (t *tokens) latest(ctx context.Context, account checkout.Account, s Settings) (checkout.Secret, error) {
	stored, err := t.stored(ctx, account, s)
	if err != nil {
		return "", err
	}
	if stored == "" || s.Token != "" && client.Expiry(s.Token).After(client.Expiry(stored)) {
		return s.Token, nil
	}
	return stored, nil
}

var (
	errNoEmail    = errors.New("no email is set to renew it")
	errRenewLater = errors.New("renewal failed recently")
)

// renewing is the token of an account that is to be renewed; while it is usable,
// nobody waits for that.
type renewing struct {
	account  checkout.Account
	settings Settings
	usable   bool
}

// renewOnce renews a token unless another process does or has just done so.
func (t *tokens) renewOnce(ctx context.Context, state *tokenState, r renewing) (checkout.Secret, error) {
	if t.now().Before(state.retryAt) {
		return "", errRenewLater
	}

	if r.usable {
		short, cancel := context.WithTimeout(ctx, renewedElsewhere)
		defer cancel()
		ctx = short
	}

	return checkout.Renewal[checkout.Secret]{
		Vault: t.vault, AccountID: r.account.ID, Name: vaultName,
		Current: func(ctx context.Context) (token checkout.Secret, good bool, err error) {
			token, err = t.latest(ctx, r.account, r.settings)
			ends := client.Expiry(token)
			return token, !state.refused(token) && (ends.IsZero() || ends.Sub(t.now()) > renewBefore), err
		},
		Renew: func(ctx context.Context, keep func(context.Context, checkout.Secret) error) (checkout.Secret, error) {
			return t.renew(ctx, state, r, keep)
		},
	}.Once(ctx)
}

// renew gets and keeps a new token.
func (t *tokens) renew(ctx context.Context, state *tokenState, r renewing, keep func(context.Context, checkout.Secret) error) (checkout.Secret, error) {
	token, err := t.issue(ctx, r.settings)
	if err == nil {
		err = keep(ctx, checkout.Secret(r.settings.owner()+" "+token.Reveal()))
	}

	if err != nil {
		state.failures++
		state.retryAt = t.now().Add(renewalPause(err, state.failures, r.usable))
		t.log.WarnContext(ctx, "Bakong token renewal failed",
			"account", r.account.ID, "error", err)
		return "", err
	}

	state.rejected, state.retryAt, state.failures = "", time.Time{}, 0
	t.log.InfoContext(ctx, "Bakong token renewed", "account", r.account.ID, "expires", client.Expiry(token))
	return token, nil
}

// renewalPause is how long renewing is left alone after so many failures in a
// row.
func renewalPause(err error, failures int, usable bool) time.Duration {
	var refused *client.Error
	definite := errors.Is(err, errNoEmail) || errors.As(err, &refused) && (refused.Definite() || refused.Gone())
	if usable || definite {
		return renewAgain
	}
	return min(renewSoon<<min(failures-1, 10), renewAgain)
}

func (t *tokens) issue(ctx context.Context, s Settings) (checkout.Secret, error) {
	if s.Email == "" {
		return "", errNoEmail
	}
	api, err := t.routes.client(s)
	if err != nil {
		return "", err
	}
	token, err := api.RenewToken(ctx, s.Email)
	var refused *client.Error
	if errors.As(err, &refused) && refused.Gone() {
		return "", fmt.Errorf("this deployment no longer renews tokens by API; set a new token: %w", err)
	}
	return token, err
}
