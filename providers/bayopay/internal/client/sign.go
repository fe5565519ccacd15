package client

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"strings"
)

// Request is what bayo_reqhash covers. Both hashes are hexadecimal SHA-256 over
// texts joined without separators ("Security & Data Integrity").
type Request struct {
	NiagaID  string
	Currency string
	OrderID  string
	Amount   string
}

// Hash is the bayo_reqhash: 64 lower-case hexadecimal digits.
func (r Request) Hash(key string) string {
	return sum(r.NiagaID, r.Currency, r.OrderID, r.Amount, key)
}

// Result is what bayo_reshash covers, each text as it was received. Date is
// bayo_paydate or bayo_txndate, AppCode is empty when absent.
type Result struct {
	TranID   string
	OrderID  string
	Status   string
	NiagaID  string
	Amount   string
	Currency string
	Date     string
	AppCode  string
}

// Hash is the bayo_reshash: 64 lower-case hexadecimal digits.
func (r Result) Hash(key string) string {
	first := sum(r.TranID, r.OrderID, r.Status, r.NiagaID, r.Amount, r.Currency)
	return sum(r.Date, r.NiagaID, first, r.AppCode, key)
}

// EqualHash compares a received hash with the one computed, in constant time. The
// received hexadecimal may have upper-case digits and blanks, as in the
// document's own sample: that is another writing of the same 32 bytes, never
// another value. It must be whole.
func EqualHash(received, computed string) bool {
	got := strings.ToLower(strings.Join(strings.Fields(received), ""))
	return len(got) == hex.EncodedLen(sha256.Size) &&
		subtle.ConstantTimeCompare([]byte(got), []byte(computed)) == 1
}

func sum(parts ...string) string {
	digest := sha256.Sum256([]byte(strings.Join(parts, "")))
	return hex.EncodeToString(digest[:])
}
