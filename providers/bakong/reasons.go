package bakong

// Reasons are the keys that a buyer's page may be given.
func Reasons() []string { return []string{declined, expired} }

const (
	declined = "declined"
	expired  = "expired"
)
