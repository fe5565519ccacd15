package users

import (
	"context"
	"errors"
	"time"

	"rieltime/checkout"
)

// ShownSecretLife is how long a secret that was just made waits to be shown.
const ShownSecretLife = 5 * time.Minute

// shownSecretStore keeps secrets that have just been made, sealed, until they are shown.
type shownSecretStore interface {
	// InsertShownSecret keeps the secret of an object for a sign-in, in place of an earlier
	// one, and removes some that have expired at now.
	InsertShownSecret(ctx context.Context, secret ShownSecret, now time.Time) error

	// TakeShownSecret returns a secret and removes it, in one step. The secrets of a
	// sign-in go when it ends.
	TakeShownSecret(ctx context.Context, signInID, object string) (ShownSecret, error)
}

// ShownSecret is a secret that the user of a sign-in has just made, such as that of a key.
type ShownSecret struct {
	SignInID  string
	Object    string // the id of what the secret is of
	Secret    checkout.Secret
	ExpiresAt time.Time
}

// KeepSecret keeps a secret that was just made for the page that shows it.
func (s *Service) KeepSecret(ctx context.Context, signIn SignIn, object string, secret checkout.Secret) error {
	now := s.now()
	return s.store.InsertShownSecret(ctx, ShownSecret{signIn.ID, object, secret, now.Add(ShownSecretLife)}, now)
}

// ErrSecretShown is a secret that was shown, or has waited too long for it.
var ErrSecretShown = &checkout.Error{Kind: checkout.KindNotFound, Code: "secret_shown", Detail: "This secret has been shown already."}

// TakeSecret returns a secret of an object for the page that shows it, once.
func (s *Service) TakeSecret(ctx context.Context, signIn SignIn, object string) (checkout.Secret, error) {
	kept, err := s.store.TakeShownSecret(ctx, signIn.ID, object)
	if errors.Is(err, checkout.ErrNotFound) || err == nil && !s.now().Before(kept.ExpiresAt) {
		return "", ErrSecretShown
	}
	return kept.Secret, err
}
