package checkout

import (
	"encoding/json"
	"time"
)

// EventType names what happened.
type EventType string

// The events of this package's rules.
const (
	EventSessionCompleted EventType = "checkout.session.completed"
	EventSessionExpired   EventType = "checkout.session.expired"
	EventSessionCanceled  EventType = "checkout.session.canceled"
	EventPaymentSucceeded EventType = "payment.succeeded"
	EventPaymentFailed    EventType = "payment.failed"
	EventPaymentLate      EventType = "payment.late"
	EventPaymentDuplicate EventType = "payment.duplicate"
	EventPaymentMismatch  EventType = "payment.mismatch"
	EventPaymentUnknown   EventType = "payment.unknown"
	EventPaymentCleared   EventType = "payment.cleared"
	EventPaymentClaimed   EventType = "payment.claimed"
	EventPaymentContested EventType = "payment.contested"
	EventRefundSucceeded  EventType = "refund.succeeded"
	EventRefundFailed     EventType = "refund.failed"
	EventRefundUnresolved EventType = "refund.unresolved"
	EventEventsDigest     EventType = "events.digest"
	EventWebhookTest      EventType = "webhook.test"
)

// EventTypes are all there are.
func EventTypes() []EventType {
	return []EventType{
		EventSessionCompleted, EventSessionExpired, EventSessionCanceled,
		EventPaymentSucceeded, EventPaymentFailed, EventPaymentLate, EventPaymentDuplicate, EventPaymentMismatch,
		EventPaymentUnknown, EventPaymentCleared, EventPaymentClaimed, EventPaymentContested,
		EventRefundSucceeded, EventRefundFailed, EventRefundUnresolved, EventEventsDigest, EventWebhookTest,
	}
}

// Event is a state change that the merchant is notified of. Body is the JSON sent, with
// the object as it was; the store adds the sequence to it.
type Event struct {
	ID         string
	Sequence   int64 // given by the store: 1, 2, 3 … for each merchant and mode
	MerchantID string
	Mode       Mode
	Type       EventType
	SessionID  string
	PaymentID  string // empty for events of the session
	RefundID   string // empty for events of anything else
	CreatedAt  time.Time
	Body       json.RawMessage
}

type eventBody struct {
	ID        string    `json:"id"`
	Type      EventType `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Mode      Mode      `json:"mode"`
	Data      eventData `json:"data"`
}

type eventData struct {
	Object any `json:"object"`
}
