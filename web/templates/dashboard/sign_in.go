package dashboard

// SignIn is a form of somebody who is not at a merchant: to sign in, to confirm who they
// are, to use a link.
type SignIn struct {
	Page
	Lead string
	Form Form // without a Submit: none is shown
	Note string

	Passkey string // where a passkey is sent instead of the form; empty: nowhere
	Next    string // the page after that

	Accept   string // where the passkey of who accepts an invitation is sent; empty: nowhere
	OtherWay string // the title of the form, where it is the other way to do so
	Request  string // where a browser asks to be signed in by a phone; empty: nowhere
}
