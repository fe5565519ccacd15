package dashboard

// SignInRequest is the page of a browser that asks to be signed in by another one.
type SignInRequest struct {
	Page
	State RequestState
	Next  string // the page after signing in

	QR     string // of the address that the other browser opens, from templates.QRSVG; trusted, inlined
	Number string

	User, Email string // who has confirmed it
	Known       bool   // they have signed in here before

	NewURL, StateURL, FinishURL string
}

// RequestState is how far a request to be signed in is.
type RequestState int

// The states.
const (
	RequestWaits RequestState = iota
	RequestConfirmed
	RequestOver
)

// RequestToConfirm is the page on which a user confirms that another browser is signed in.
type RequestToConfirm struct {
	Page
	Path      string // where the form is posted
	Number    string
	Browser   string
	Address   string
	Elsewhere bool // the address is another one than this browser's
	At        string
}
