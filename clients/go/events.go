package rieltime

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"time"
)

// Event is what happened, with the object as it was. Sequence is its place in
// the merchant's feed of its mode: 1, 2, 3 … without a gap.
type Event struct {
	Object    string    `json:"object"`
	Sequence  int64     `json:"sequence"`
	ID        string    `json:"id"`
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Mode      string    `json:"mode"`
	Data      struct {
		Object json.RawMessage `json:"object"`
	} `json:"data"`
}

// EventDigest is the object of an events.digest event: the events from
// FirstSequence to LastSequence, which are those after the last digest, up to the
// last one of the day.
type EventDigest struct {
	Object        string `json:"object"`
	Date          string `json:"date"` // in Cambodia, such as 2026-11-28
	Count         int64  `json:"count"`
	FirstSequence int64  `json:"first_sequence"`
	LastSequence  int64  `json:"last_sequence"`
	IDsSHA256     string `json:"ids_sha256"`
}

// Matches reports whether the ids, in the order of their events' sequence, are
// those of the digest. If not, read the feed again after FirstSequence - 1.
func (d EventDigest) Matches(ids []string) bool {
	hash := sha256.New()
	for _, id := range ids {
		_, _ = io.WriteString(hash, id+"\n") // a hash never fails
	}
	return int64(len(ids)) == d.Count && hex.EncodeToString(hash.Sum(nil)) == d.IDsSHA256
}

// Session reads the object of a checkout.session.* event.
func (e Event) Session() (Session, error) { return objectOf[Session](e) }

// Payment reads the object of a payment.* event. Events from before a price could be paid in
// another currency name no price: it is what is paid.
func (e Event) Payment() (Payment, error) {
	payment, err := objectOf[Payment](e)
	if payment.PriceAmount == "" && payment.PriceCurrency == "" {
		payment.PriceAmount, payment.PriceCurrency = payment.Amount, payment.Currency
	}
	return payment, err
}

// Refund reads the object of a refund.* event.
func (e Event) Refund() (Refund, error) { return objectOf[Refund](e) }

// Digest reads the object of an events.digest event.
func (e Event) Digest() (EventDigest, error) { return objectOf[EventDigest](e) }

func objectOf[T any](e Event) (T, error) {
	var object T
	err := json.Unmarshal(e.Data.Object, &object)
	return object, err
}
