package users

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"rieltime/checkout"
)

const (
	passkeyPrefix = "pky_"

	maxPasskeys    = 20 // of a user
	maxPasskeyName = 60 // characters
)

// Passkey is a key pair that a user's device, or account with its vendor, keeps. The
// private key never leaves there.
type Passkey struct {
	ID           string // "pky_…"
	UserID       string
	CredentialID []byte   // by which the device knows it
	PublicKey    []byte   // COSE_Key (RFC 9052)
	Transports   []string // how browsers reach the device, e.g. "internal"

	BackupEligible bool // may be on several devices; never changes
	BackedUp       bool
	UserVerified   bool   // the device checks who uses it
	SignCount      uint32 // 0: the device does not count

	Name      string // by which the user knows it
	CreatedAt time.Time
	UsedAt    time.Time // zero: never
	CopiedAt  time.Time // when its count went back, as that of a copy would; zero: never
}

// passkeyStore keeps passkeys. Changes write a line of the audit trail.
type passkeyStore interface {
	// InsertPasskey stores a passkey of a user who has fewer than limit; else it returns
	// ErrTooManyPasskeys. A credential that is known already is ErrPasskeyTaken.
	InsertPasskey(ctx context.Context, passkey Passkey, limit int) error

	// Passkeys lists a user's, oldest first.
	Passkeys(ctx context.Context, userID string) ([]Passkey, error)
	PasskeyByCredential(ctx context.Context, credentialID []byte) (Passkey, error)

	// NotePasskeyUse keeps what an assertion says: BackedUp, SignCount and UsedAt, unless
	// the count has moved meanwhile to as much or more; then it returns ErrPasskeyCopied.
	NotePasskeyUse(ctx context.Context, passkey Passkey) error

	// NotePasskeyCopy keeps that there may be a copy of a passkey.
	NotePasskeyCopy(ctx context.Context, id string, at time.Time) error

	RenamePasskey(ctx context.Context, userID, id, name string) error

	// DeletePasskey removes a passkey; ErrLastPasskey when its user would have neither
	// another one nor a password.
	DeletePasskey(ctx context.Context, userID, id string) error
}

// The errors of passkeys.
var (
	ErrPasskeyRefused  = &checkout.Error{Kind: checkout.KindForbidden, Code: "passkey_refused", Detail: "This passkey was not accepted."}
	ErrPasskeyCopied   = &checkout.Error{Kind: checkout.KindForbidden, Code: "passkey_copied", Detail: "This passkey may have been copied. Sign in another way and remove it."}
	ErrPasskeyTaken    = &checkout.Error{Kind: checkout.KindConflict, Code: "passkey_taken", Detail: "This passkey is registered already."}
	ErrLastPasskey     = &checkout.Error{Kind: checkout.KindConflict, Code: "last_passkey", Detail: "You sign in by this passkey only. Add another one, or set a password, before you remove it."}
	ErrTooManyPasskeys = &checkout.Error{Kind: checkout.KindConflict, Code: "too_many_passkeys", Detail: "You have as many passkeys as are possible. Remove one first."}
)

// Passkeys lists a user's passkeys, oldest first.
func (s *Service) Passkeys(ctx context.Context, userID string) ([]Passkey, error) {
	return s.store.Passkeys(ctx, userID)
}

// RenamePasskey gives a passkey of the user another name.
func (s *Service) RenamePasskey(ctx context.Context, userID, id, name string) error {
	name, err := parsePasskeyName(name)
	if err != nil {
		return err
	}
	return s.store.RenamePasskey(ctx, userID, id, name)
}

// RemovePasskey forgets a passkey of the user: nobody signs in with it any more.
func (s *Service) RemovePasskey(ctx context.Context, userID, id string) error {
	return s.store.DeletePasskey(ctx, userID, id)
}

func parsePasskeyName(text string) (string, error) {
	name := strings.Join(strings.Fields(text), " ")
	if name == "" || utf8.RuneCountInString(name) > maxPasskeyName || !utf8.ValidString(name) {
		return "", checkout.Invalidf("name", "name_invalid", "Give the passkey a name of 1 to %d characters.", maxPasskeyName)
	}
	return name, nil
}
