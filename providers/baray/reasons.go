package baray

// Reasons are the keys that a buyer's page may be given.
func Reasons() []string { return []string{tooSmall, tryOther} }

const (
	tooSmall = "amount_too_small"
	tryOther = "try_other_method"
)
