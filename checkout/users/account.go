package users

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"rieltime/checkout"
)

const (
	maxUserName = 100 // characters
	mostSignIns = 50  // that are listed of a user
)

// accountStore keeps what users change about themselves. Changes write a line of the
// audit trail.
type accountStore interface {
	SetProfile(ctx context.Context, userID, name, locale string) error

	// SignIns lists a user's newest sign-ins that nobody has ended, newest first.
	SignIns(ctx context.Context, userID string, limit int) ([]SignIn, error)
	EndSignInOf(ctx context.Context, userID, id string, at time.Time) error
}

// SetProfile changes a user's name and language; locale is one of locales, or empty for
// what the browser prefers.
func (s *Service) SetProfile(ctx context.Context, userID, name, locale string, locales []string) error {
	name, err := parseUserName(name)
	if err != nil {
		return err
	}
	if locale != "" && !slices.Contains(locales, locale) {
		return checkout.Invalidf("locale", "locale_unknown", "Choose one of these.")
	}
	return s.store.SetProfile(ctx, userID, name, locale)
}

// parseUserName returns a name as it is stored; it may be empty.
func parseUserName(text string) (string, error) {
	name := strings.Join(strings.Fields(text), " ")
	if !utf8.ValidString(name) || utf8.RuneCountInString(name) > maxUserName {
		return "", checkout.Invalidf("name", "name_invalid", "A name has at most %d characters.", maxUserName)
	}
	return name, nil
}

// SignIns lists where a user is signed in, newest first.
func (s *Service) SignIns(ctx context.Context, userID string) ([]SignIn, error) {
	all, err := s.store.SignIns(ctx, userID, mostSignIns)
	now := s.now()
	return slices.DeleteFunc(all, func(signIn SignIn) bool { return !signIn.Live(now) }), err
}

// EndSignInOf signs a user out of one browser, which is checkout.ErrNotFound when it is
// another user's.
func (s *Service) EndSignInOf(ctx context.Context, userID, id string) error {
	return s.store.EndSignInOf(ctx, userID, id, s.now())
}
