package users

import (
	"strings"
	"time"

	"rieltime/checkout"
)

// How long the code of a second screen can be typed, and how long one that is paired
// shows a counter: a working day.
const (
	DisplayCodeLife = 10 * time.Minute
	DisplayLife     = 18 * time.Hour
)

const (
	displayPrefix = "dsp_"
	displayDigits = 8 // of the code: 40 bits
)

// Display is a second screen at a counter. It shows a buyer the code of the sale that its
// cashier has on, and belongs to the cashier's sign-in: it ends with it.
type Display struct {
	ID         string
	MerchantID string
	Mode       checkout.Mode
	UserID     string // the cashier
	SignInID   string
	CodeHash   string // of the one-time code; empty once it is paired
	TokenHash  string // of what the screen's cookie holds; empty until then
	PairedAt   time.Time
	ExpiresAt  time.Time // of the code, then of the display
}

// ErrDisplayCode is a code that no screen can be paired by.
var ErrDisplayCode = &checkout.Error{Kind: checkout.KindInvalid, Code: "display_code_invalid", Param: "code", Detail: "This code is not valid, or no longer: make a new one at the counter."}

// NewDisplay returns a second screen for a cashier who is signed in, and the code by which
// it is paired: "abcd-2345".
func NewDisplay(merchantID string, mode checkout.Mode, in SignIn, now time.Time) (checkout.Secret, Display) {
	text := checkout.NewID("")[:displayDigits]
	code := checkout.Secret(text[:displayDigits/2] + "-" + text[displayDigits/2:])
	return code, Display{
		ID: checkout.NewID(displayPrefix), MerchantID: merchantID, Mode: mode, UserID: in.UserID, SignInID: in.ID,
		CodeHash: DisplayCodeHash(code.Reveal()), ExpiresAt: now.Add(DisplayCodeLife),
	}
}

// DisplayCodeHash is the hash of a code as it was typed: in any case, with or without
// its hyphen.
func DisplayCodeHash(typed string) string {
	plain := strings.NewReplacer("-", "", " ", "", "o", "0", "i", "1", "l", "1").Replace(strings.ToLower(typed))
	return hashToken(checkout.Secret(plain))
}

// NewDisplayToken returns what the cookie of a screen holds, and its hash.
func NewDisplayToken() (token checkout.Secret, hash string) {
	token = newToken()
	return token, hashToken(token)
}

// DisplayTokenHash is the hash of a cookie's token.
func DisplayTokenHash(token checkout.Secret) string { return hashToken(token) }
