package bakong

const (
	declined = "declined"
	expired  = "expired"
)

// reasons are the keys that a buyer's page may be given.
var reasons = []string{declined, expired}
