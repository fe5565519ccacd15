package users

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"errors"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"rieltime/checkout"
)

const (
	codeStep      = 30 // seconds
	codeSkew      = 1  // steps by which the clocks may differ
	codeIssuer    = "Rieltime"
	codeSecret    = 20 // bytes (RFC 4226, section 4)
	recoveryCodes = 10 // that a user has
	recoverySize  = 10 // bytes of each
)

// CodeApp is an app that shows a user codes of six digits (RFC 6238), of which one
// follows the password.
type CodeApp struct {
	UserID      string
	Secret      checkout.Secret // base32
	CreatedAt   time.Time
	ConfirmedAt time.Time // zero: the user has not typed a code of it yet
	LastStep    int64     // the time step of the last code that was accepted
}

// codeStore keeps apps for codes, and recovery codes. Changes write a line of the audit
// trail.
type codeStore interface {
	// SetCodeApp replaces an app that is not confirmed; one that is is ErrCodeAppKept.
	SetCodeApp(ctx context.Context, app CodeApp) error
	CodeApp(ctx context.Context, userID string) (CodeApp, error)

	// ConfirmCodeApp confirms an app by the code of a step, and gives the user recovery
	// codes, by their hashes.
	ConfirmCodeApp(ctx context.Context, userID string, step int64, hashes []string, at time.Time) error

	// UseCodeStep accepts the code of a step, unless it or a later one was accepted
	// before: then it returns ErrCodeRefused.
	UseCodeStep(ctx context.Context, userID string, step int64) error

	// DeleteCodeApp removes the app and the recovery codes.
	DeleteCodeApp(ctx context.Context, userID string) error

	SetRecoveryCodes(ctx context.Context, userID string, hashes []string, at time.Time) error

	// UseRecoveryCode accepts a code once; else it returns ErrCodeRefused.
	UseRecoveryCode(ctx context.Context, userID, hash string, at time.Time) error
	CountRecoveryCodes(ctx context.Context, userID string) (unused int, err error)
}

// The errors of codes.
var (
	ErrCodeRefused = &checkout.Error{Kind: checkout.KindInvalid, Code: "code_refused", Param: "code", Detail: "This code is wrong or has been used already."}
	ErrCodeAppKept = &checkout.Error{Kind: checkout.KindConflict, Code: "code_app_kept", Detail: "You have an app for codes already."}
)

// stepOf returns the time step of a code that is right at now and later than the last
// that was accepted; 0 where there is none.
func (a CodeApp) stepOf(code string, now time.Time) int64 {
	current := now.Unix() / codeStep
	for step := current - codeSkew; step <= current+codeSkew; step++ {
		want, err := hotp.GenerateCodeCustom(a.Secret.Reveal(), uint64(step), hotp.ValidateOpts{Digits: otp.DigitsSix})
		if err == nil && step > a.LastStep && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			return step
		}
	}
	return 0
}

// Address is what the app reads from a QR code.
func (a CodeApp) Address(user User) (checkout.Secret, error) {
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(a.Secret.Reveal())
	if err != nil {
		return "", err
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: codeIssuer, AccountName: user.Email, Secret: secret})
	if err != nil {
		return "", err
	}
	return checkout.Secret(key.URL()), nil
}

// CodeApp returns a user's app, confirmed or not; checkout.ErrNotFound: there is none.
func (s *Service) CodeApp(ctx context.Context, userID string) (CodeApp, error) {
	return s.store.CodeApp(ctx, userID)
}

// NewCodeApp makes the secret of an app, in place of one that was never confirmed.
func (s *Service) NewCodeApp(ctx context.Context, userID string) error {
	secret := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(randomBytes(codeSecret))
	return s.store.SetCodeApp(ctx, CodeApp{UserID: userID, Secret: checkout.Secret(secret), CreatedAt: s.now()})
}

// ConfirmCodeApp takes the first code of a user's app and returns recovery codes. From
// then on the password needs a code.
func (s *Service) ConfirmCodeApp(ctx context.Context, userID, code string) ([]checkout.Secret, error) {
	app, err := s.store.CodeApp(ctx, userID)
	if err != nil {
		return nil, err
	}
	if !app.ConfirmedAt.IsZero() {
		return nil, ErrCodeAppKept
	}
	step := app.stepOf(plainCode(code), s.now())
	if step == 0 {
		return nil, ErrCodeRefused
	}
	codes, hashes := newRecoveryCodes()
	return codes, s.store.ConfirmCodeApp(ctx, userID, step, hashes, s.now())
}

// RemoveCodeApp makes the password enough. The recovery codes go too.
func (s *Service) RemoveCodeApp(ctx context.Context, userID string) error {
	return s.store.DeleteCodeApp(ctx, userID)
}

// NewRecoveryCodes replaces a user's recovery codes, used or not.
func (s *Service) NewRecoveryCodes(ctx context.Context, userID string) ([]checkout.Secret, error) {
	if needed, err := s.NeedsCode(ctx, userID); err != nil || !needed {
		return nil, errors.Join(err, checkout.ErrNotFound)
	}
	codes, hashes := newRecoveryCodes()
	return codes, s.store.SetRecoveryCodes(ctx, userID, hashes, s.now())
}

// CountRecoveryCodes counts the recovery codes that a user has not used.
func (s *Service) CountRecoveryCodes(ctx context.Context, userID string) (int, error) {
	return s.store.CountRecoveryCodes(ctx, userID)
}

// newRecoveryCodes makes codes that people can write down, "abcd-efgh-ijkl-mnop", with
// their hashes: 80 random bits need no slow hash.
func newRecoveryCodes() (codes []checkout.Secret, hashes []string) {
	for range recoveryCodes {
		text := strings.ToLower(base32.StdEncoding.EncodeToString(randomBytes(recoverySize)))
		codes = append(codes, checkout.Secret(strings.Join([]string{text[:4], text[4:8], text[8:12], text[12:]}, "-")))
		hashes = append(hashes, hashToken(checkout.Secret(text)))
	}
	return codes, hashes
}

// plainCode is a code however it was typed.
func plainCode(typed string) string {
	return strings.ToLower(strings.NewReplacer("-", "", " ", "").Replace(strings.TrimSpace(typed)))
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // crypto/rand never fails: it ends the process instead
	return b
}
