package users

import (
	"cmp"
	"strings"
	"time"

	"rieltime/checkout"
)

// User is a person who may sign in to the dashboard.
type User struct {
	ID         string // "usr_…"
	Email      string // in lower case; what the user signs in by
	Name       string // for colleagues; may be empty
	Locale     string // the language of the dashboard; empty: what the browser prefers
	Operator   bool   // runs the server: has every right at every merchant
	CreatedAt  time.Time
	DisabledAt time.Time // zero: may sign in

	PasswordHash string // see password.go; empty: none
}

// DisplayName is what colleagues read.
func (u User) DisplayName() string { return cmp.Or(u.Name, u.Email) }

// Membership is a user's role at a merchant.
type Membership struct {
	UserID     string
	MerchantID string
	Role       Role
	CreatedAt  time.Time
}

const maxEmail = 254 // RFC 5321, section 4.5.3.1.3, less the angle brackets

// ParseEmail returns an address as it is stored. It takes what browsers take in a
// field of type email, roughly: one @ between a name and a host.
func ParseEmail(text string) (string, error) {
	email := strings.ToLower(strings.TrimSpace(text))
	name, host, found := strings.Cut(email, "@")
	bad := !found || name == "" || host == "" || len(email) > maxEmail ||
		strings.Contains(host, "@") || strings.ContainsFunc(email, func(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune(`<>",;\`, r) })
	if bad {
		return "", checkout.Invalidf("email", "email_invalid", "%q is not an e-mail address.", text)
	}
	return email, nil
}
