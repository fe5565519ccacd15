package kess

import (
	"maps"
	"slices"
)

const (
	declined = "declined"
	expired  = "expired"
	tryOther = "try_other_method"
)

// waitsForFinal is the card network's code for a payment whose end is not known
// yet: no failure, whatever the order's status.
const waitsForFinal = "WAITING_FINAL_STATUS"

// reasonKeys are by the card network's codes (document, "Redirect Url", "Note").
var reasonKeys = map[string]string{
	"INSUFFICIENT_FUNDS":   "insufficient_funds",
	"DECLINED":             declined,
	"BLOCKED":              declined,
	"UNSPECIFIED_FAILURE":  declined,
	"NO_MATCH":             "card_details_wrong",
	"NO_OTP":               "authentication_failed",
	"CARD_NOT_SUPPORT_3DS": tryOther,
	"NEED_CONTACT":         "contact_merchant",
}

// reasons are the keys that a buyer's page may be given.
var reasons = slices.AppendSeq([]string{declined, expired, tryOther}, maps.Values(reasonKeys))
