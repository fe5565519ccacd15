package checkout

import (
	"context"
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
	EventRefundSucceeded  EventType = "refund.succeeded"
	EventRefundFailed     EventType = "refund.failed"
)

// Event is a state change told to the merchant. Body is the JSON sent, with
// the object as it was.
type Event struct {
	ID         string
	Sequence   int64 // given by the store, growing
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

// Delivery is one event on its way to one webhook endpoint.
type Delivery struct {
	ID         string
	EventID    string
	EndpointID string
	URL        string
	Secret     Secret
	Body       json.RawMessage
	Attempts   int  // made so far
	Done       bool // delivered, or given up
	Disabled   bool // the endpoint is switched off
}

// DeliveryAttempt is what came of trying.
type DeliveryAttempt struct {
	DeliveryID string
	At         time.Time
	Status     int    // HTTP status; 0 when no answer came
	Answer     string // the first bytes, or why there was none
	Took       time.Duration
	Delivered  bool
	GaveUp     bool
}

// DeliveryStore is what the webhook sender needs.
type DeliveryStore interface {
	Delivery(ctx context.Context, id string) (Delivery, error)
	RecordAttempt(ctx context.Context, attempt DeliveryAttempt) error
}
