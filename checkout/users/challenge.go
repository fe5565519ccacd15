package users

import (
	"context"
	"errors"
	"time"

	"rieltime/checkout"
)

// ChallengeLife is how long a user has to finish what a challenge began.
const ChallengeLife = 5 * time.Minute

// Purpose is what a challenge is for. It is good for nothing else.
type Purpose string

// The purposes.
const (
	PurposeRegister   Purpose = "passkey_register"
	PurposePasskey    Purpose = "passkey_sign_in"
	PurposeSecondStep Purpose = "second_step" // the password was right, a code is awaited
)

// Challenge is what a browser has begun and must finish, once and within
// ChallengeLife.
type Challenge struct {
	TokenHash string // hex SHA-256 of what the browser's cookie holds
	Purpose   Purpose
	UserID    string // empty: nobody is known yet
	Text      string // of a passkey's ceremony, base64url
	ExpiresAt time.Time
}

// challengeStore keeps challenges.
type challengeStore interface {
	// InsertChallenge stores a challenge and removes some that have expired at now.
	InsertChallenge(ctx context.Context, challenge Challenge, now time.Time) error

	Challenge(ctx context.Context, tokenHash string, purpose Purpose) (Challenge, error)

	// TakeChallenge returns a challenge and removes it, in one step.
	TakeChallenge(ctx context.Context, tokenHash string, purpose Purpose) (Challenge, error)
}

// ErrChallengeOver is a challenge that is unknown, used or too old.
var ErrChallengeOver = &checkout.Error{Kind: checkout.KindConflict, Code: "challenge_over", Detail: "This took too long, or was done already. Please try again."}

// beginChallenge stores a challenge and returns what the browser's cookie must hold.
func (s *Service) beginChallenge(ctx context.Context, purpose Purpose, userID, text string) (checkout.Secret, error) {
	token, now := newToken(), s.now()
	return token, s.store.InsertChallenge(ctx, Challenge{
		TokenHash: hashToken(token), Purpose: purpose, UserID: userID, Text: text, ExpiresAt: now.Add(ChallengeLife),
	}, now)
}

// takeChallenge returns the challenge of a cookie's token, which nobody can use again.
func (s *Service) takeChallenge(ctx context.Context, token checkout.Secret, purpose Purpose) (Challenge, error) {
	challenge, err := s.store.TakeChallenge(ctx, hashToken(token), purpose)
	if errors.Is(err, checkout.ErrNotFound) || err == nil && !s.now().Before(challenge.ExpiresAt) {
		return Challenge{}, ErrChallengeOver
	}
	return challenge, err
}
