package baray

import "strings"

const (
	tooSmall = "amount_too_small"
	tryOther = "try_other_method"
)

// reasons are the keys that a buyer's page may be given.
var reasons = []string{tooSmall, tryOther}

func buyerReason(text string) string {
	if strings.Contains(text, "amount must be >=") {
		return tooSmall
	}
	return tryOther
}
