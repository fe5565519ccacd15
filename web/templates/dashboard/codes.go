package dashboard

import "strings"

// CodeApp is the page on which a user sets up an app for codes.
type CodeApp struct {
	Page
	QR      string // of Address, from templates.QRSVG; trusted, inlined
	Address string // otpauth://…, which an app on the same device opens
	Secret  string // to type where there is no camera
	Form    Form
}

// RecoveryCodes is the page that shows recovery codes, this once.
type RecoveryCodes struct {
	Page
	Codes   []string
	NextURL string
}

func (r RecoveryCodes) text() string { return strings.Join(r.Codes, "\n") }
