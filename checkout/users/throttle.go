package users

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"rieltime/checkout"
)

// Attempts at passwords are counted for the account and for the client's address. After
// some free ones each must wait twice as long as the one before. An account's count is
// apart for each browser in which its user has signed in before, so that nobody else can
// lock the user out there; passkeys are not counted at all.
const (
	freeAttempts        = 5  // of an account
	freeAddressAttempts = 20 // of an address, which colleagues share
	longestWait         = 15 * time.Minute
	AttemptsKept        = time.Hour // after the last one
)

// attemptSubject is what attempts are counted for.
type attemptSubject struct {
	key  string // hashed: it names no person
	free int
}

// subjects are what an attempt counts for, the account or the known browser first.
func (c Client) subjects(email string) []attemptSubject {
	account := attemptSubject{key: subjectKey("account", email), free: freeAttempts}
	if c.KnownBrowser != "" {
		account.key = subjectKey("browser", c.KnownBrowser+" "+email)
	}
	return []attemptSubject{account, {key: subjectKey("address", c.Address), free: freeAddressAttempts}}
}

func subjectKey(kind, of string) string {
	sum := sha256.Sum256([]byte(kind + "\x00" + of))
	return hex.EncodeToString(sum[:])
}

// countAttempt counts an attempt, or refuses it because it comes too early.
func (s *Service) countAttempt(ctx context.Context, subjects []attemptSubject) error {
	now := s.now()
	for _, subject := range subjects {
		wait, err := s.store.CountAttempt(ctx, subject.key, now, func(attempts int) time.Duration { return waitAfter(attempts, subject.free) })
		if err != nil {
			return err
		}
		if wait > 0 {
			return &checkout.Error{Kind: checkout.KindRateLimited, Code: "too_many_attempts", RetryAfter: wait,
				Detail: "Too many attempts. Please wait a moment, or sign in by a passkey."}
		}
	}
	return nil
}

// waitAfter is how long after the last of so many attempts the next one may be made.
func waitAfter(attempts, free int) time.Duration {
	if attempts < free {
		return 0
	}
	return min(time.Second<<min(attempts-free, 20), longestWait)
}
