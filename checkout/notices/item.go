package notices

import (
	"encoding/json"
	"fmt"
	"time"

	"rieltime/checkout"
)

// Item is an event that a chat is notified of.
type Item struct {
	Sequence  int64
	Type      checkout.EventType
	SessionID string
	PaymentID string
	Reference string // the merchant's
	Method    string
	Amount    checkout.Money // that came, or was to be given back
	Asked     checkout.Money // that the session is about
	At        time.Time
	Payer     string // empty: not known, or not for this chat
}

// Attention reports whether somebody has to do something about it.
func (i Item) Attention() bool { return i.Type != checkout.EventPaymentSucceeded }

// Notifies reports whether chats are notified of events of a type: money that came, and what
// needs somebody.
func Notifies(kind checkout.EventType) bool {
	switch kind {
	case checkout.EventPaymentSucceeded, checkout.EventPaymentLate, checkout.EventPaymentDuplicate, checkout.EventPaymentMismatch,
		checkout.EventPaymentUnknown, checkout.EventPaymentClaimed, checkout.EventPaymentContested,
		checkout.EventRefundFailed, checkout.EventRefundUnresolved:
		return true
	}
	return false
}

// ReadItem reads what a notice says of an event.
func ReadItem(event checkout.Event) (Item, error) {
	var body struct {
		Data struct {
			Object struct {
				ID        string            `json:"id"`
				Payment   string            `json:"payment"` // of a refund
				Method    string            `json:"method"`
				Amount    string            `json:"amount"`
				Currency  checkout.Currency `json:"currency"`
				Reference string            `json:"merchant_reference"`
				Proof     *struct {
					Amount   string            `json:"amount"`
					Currency checkout.Currency `json:"currency"`
				} `json:"proof"`
			} `json:"object"`
		} `json:"data"`
	}
	if err := json.Unmarshal(event.Body, &body); err != nil {
		return Item{}, fmt.Errorf("event %s: %w", event.ID, err)
	}

	object := body.Data.Object
	item := Item{
		Sequence: event.Sequence, Type: event.Type, SessionID: event.SessionID, PaymentID: event.PaymentID,
		Reference: object.Reference, Method: object.Method, At: event.CreatedAt,
	}
	if item.PaymentID == "" {
		item.PaymentID = object.Payment
	}

	var err error
	if item.Asked, err = checkout.ParseDecimal(object.Amount, object.Currency); err != nil {
		return Item{}, fmt.Errorf("event %s: %w", event.ID, err)
	}

	item.Amount = item.Asked
	if object.Proof != nil {
		if item.Amount, err = checkout.ParseDecimal(object.Proof.Amount, object.Proof.Currency); err != nil {
			return Item{}, fmt.Errorf("event %s: %w", event.ID, err)
		}
	}
	return item, nil
}
