package dashboard

// KeyList is the page of a merchant's API keys.
type KeyList struct {
	Page
	Keys   []Key
	NewURL string
}

// Key is an API key.
type Key struct {
	ID        string
	Name      string
	Hint      string // its last four characters
	Path      string // of its forms
	State     string // "active", "expiring", "expired" or "revoked"
	EndsAt    string // when it ends or ended; empty: never
	Scopes    []string
	Addresses []string // from which it may be used; empty: from anywhere
	UsedAt    string   // empty: never
	CreatedAt string
}

func (k Key) ended() bool { return k.State == "expired" || k.State == "revoked" }
