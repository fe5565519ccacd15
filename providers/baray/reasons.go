package baray

const (
	tooSmall = "amount_too_small"
	tryOther = "try_other_method"
)

// reasons are the keys that a buyer's page may be given.
var reasons = []string{tooSmall, tryOther}
