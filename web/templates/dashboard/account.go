package dashboard

// Account is the page of what is a user's own.
type Account struct {
	Page
	Email   string
	Profile Form

	HasCodes      bool // an app shows codes, of which one follows the password
	RecoveryCodes int  // that are not used

	Password    Form
	HasPassword bool
	NeedsProof  bool // before a first password is set

	NewPasskey string // where a new passkey is sent; empty: browsers make none for the server's address
	Passkeys   []Passkey
	SignIns    []OwnSignIn
}

// Passkey is a passkey of the user.
type Passkey struct {
	ID        string
	Name      string
	Path      string // below which its forms are
	BackedUp  bool
	Copied    bool // there may be a copy of it
	CreatedAt string
	UsedAt    string // empty: never

	NewName   string // in the form that renames it
	NameError string // why that was refused
}

// OwnSignIn is a browser in which the user is signed in.
type OwnSignIn struct {
	Browser   string
	Address   string
	Method    string // a text
	This      bool   // is the one that shows the page
	Path      string
	CreatedAt string
	SeenAt    string
}
