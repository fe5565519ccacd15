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
}
