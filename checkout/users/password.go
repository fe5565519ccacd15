package users

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"rieltime/checkout"
)

// How passwords are hashed, by argon2id (RFC 9106). The parameters are those that OWASP's
// cheat sheet of password storage names first; each hash has its own, so that they may
// change.
const (
	hashMemory  = 19 << 10 // KiB
	hashTime    = 2
	hashThreads = 1
	hashSize    = 32
	saltSize    = 16
)

// Bounds of a password, in characters.
const (
	MinPassword = 10
	MaxPassword = 200
)

const (
	hashingPatience = 5 * time.Second // how long a request waits for others' passwords to be hashed
	hashingPause    = 3 * time.Second // when it may try again after that
)

// hasher hashes one password at a time, so that sign-ins take neither the memory nor the
// processors of buyers.
type hasher struct{ turn chan struct{} }

func newHasher() hasher { return hasher{make(chan struct{}, 1)} }

var errHashing = &checkout.Error{Kind: checkout.KindUnavailable, Code: "sign_in_busy", Detail: "Many people sign in at the moment. Please try again in a few seconds.", RetryAfter: hashingPause}

// in runs work when it is its turn.
func (h hasher) in(ctx context.Context, work func()) error {
	waiting, cancel := context.WithTimeout(ctx, hashingPatience)
	defer cancel()
	select {
	case h.turn <- struct{}{}:
	case <-waiting.Done():
		return errHashing
	}

	defer func() { <-h.turn }()
	work()
	return nil
}

// hash returns a password's hash in PHC's string format:
// $argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>.
func (h hasher) hash(ctx context.Context, password checkout.Secret) (text string, err error) {
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt) // crypto/rand never fails: it ends the process instead
	err = h.in(ctx, func() {
		sum := argon2.IDKey([]byte(password.Reveal()), salt, hashTime, hashMemory, hashThreads, hashSize)
		text = fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, hashMemory, hashTime, hashThreads,
			base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(sum))
	})
	return text, err
}

// matches reports whether a password is the one of a hash. Without a hash it takes as
// long and reports false.
func (h hasher) matches(ctx context.Context, hash string, password checkout.Secret) (matches bool, err error) {
	known := parseHash(hash)
	err = h.in(ctx, func() {
		sum := argon2.IDKey([]byte(password.Reveal()), known.salt, known.time, known.memory, known.threads, uint32(len(known.sum)))
		matches = subtle.ConstantTimeCompare(sum, known.sum) == 1 && known.real
	})
	return matches, err
}

type passwordHash struct {
	memory, time uint32
	threads      uint8
	salt, sum    []byte
	real         bool // not a stand-in for a hash that is missing
}

// parseHash reads a hash that we made; any other is a stand-in that nothing matches.
func parseHash(text string) passwordHash {
	var h passwordHash
	var version int
	var salt, sum string
	parts := strings.Split(text, "$")
	if len(parts) == 6 && parts[1] == "argon2id" {
		_, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &h.memory, &h.time, &h.threads)
		salt, sum = parts[4], parts[5]
		h.salt, _ = base64.RawStdEncoding.DecodeString(salt)
		h.sum, _ = base64.RawStdEncoding.DecodeString(sum)
		h.real = err == nil && version == argon2.Version && len(h.salt) > 0 && len(h.sum) > 0
	}

	if !h.real {
		return passwordHash{memory: hashMemory, time: hashTime, threads: hashThreads, salt: make([]byte, saltSize), sum: make([]byte, hashSize)}
	}
	return h
}

// checkPassword refuses a password that is too easy to guess, or too long to hash.
func checkPassword(email string, password checkout.Secret) error {
	text := password.Reveal()
	switch length := utf8.RuneCountInString(text); {
	case length < MinPassword:
		return checkout.Invalidf("password", "password_short", "A password has %d characters or more.", MinPassword)
	case length > MaxPassword:
		return checkout.Invalidf("password", "password_long", "A password has at most %d characters.", MaxPassword)
	case strings.EqualFold(text, email) || strings.Count(text, text[:1]) == len(text):
		return checkout.Invalidf("password", "password_weak", "This password is too easy to guess.")
	}
	return nil
}

// ErrWrongPassword is the answer to a wrong password as well as to an address that no
// user has.
var ErrWrongPassword = &checkout.Error{Kind: checkout.KindInvalid, Code: "password_wrong", Param: "password", Detail: "The e-mail address or the password is not right."}

// CheckPassword returns the user with an address and a password. It counts the attempt
// before it looks, so that guesses made at once count too.
func (s *Service) CheckPassword(ctx context.Context, email string, password checkout.Secret, client Client) (User, error) {
	email = strings.ToLower(strings.TrimSpace(email))
	subjects := client.subjects(email)
	if err := s.countAttempt(ctx, subjects); err != nil {
		return User{}, err
	}

	user, err := s.store.UserByEmail(ctx, email)
	if err != nil && !isNotFound(err) {
		return User{}, err
	}

	right, err := s.hasher.matches(ctx, user.PasswordHash, password)
	if err != nil {
		return User{}, err
	}

	if !right || !user.DisabledAt.IsZero() {
		if user.ID != "" {
			err = s.store.NoteFailedSignIn(checkout.WithActor(ctx, Actor(user.ID)), user.ID, client.Address)
		}
		if err != nil {
			return User{}, err
		}
		return User{}, ErrWrongPassword
	}

	return user, s.store.ForgetAttempts(ctx, subjects[0].key)
}

// PasswordChange is another password, or the first one, of a user who is signed in.
type PasswordChange struct {
	User    User
	SignIn  SignIn          // in which the user changes it
	Current checkout.Secret // the password before; not needed after a recent proof
	New     checkout.Secret
	Client  Client
}

// errCurrentPassword is a password before that is not the user's.
var errCurrentPassword = &checkout.Error{Kind: checkout.KindInvalid, Code: "password_wrong", Param: "current", Detail: "This is not your current password."}

// ChangePassword changes a user's password and ends their other sign-ins. It returns a new
// token for the one that stays: a copy of its cookie is of no use any more. The user must
// give the password before, or have proved lately who they are; wrong passwords are counted
// as at sign-in.
func (s *Service) ChangePassword(ctx context.Context, change PasswordChange) (checkout.Secret, error) {
	if err := checkPassword(change.User.Email, change.New); err != nil {
		return "", err
	}

	if !change.SignIn.Recent(s.now()) {
		_, err := s.CheckPassword(ctx, change.User.Email, change.Current, change.Client)
		if errors.Is(err, ErrWrongPassword) {
			err = errCurrentPassword
		}
		if err != nil {
			return "", err
		}
	}

	hash, err := s.hasher.hash(ctx, change.New)
	if err != nil {
		return "", err
	}

	token, keep := newToken(), change.SignIn
	keep.TokenHash = hashToken(token)
	return token, s.store.SetPassword(ctx, hash, keep, s.now())
}
