package checkout

import (
	"context"
	"encoding/json"
	"time"
)

// Delivery is one event on its way to one webhook endpoint.
type Delivery struct {
	ID           string
	EventID      string
	EndpointID   string
	Mode         Mode
	URL          string
	Secrets      []Secret // each signs; the newest first
	Body         json.RawMessage
	Attempts     int       // made since it was queued, or queued again
	Generation   int64     // grows when it is queued again while an attempt is under way
	Done         bool      // delivered, or given up
	Disabled     bool      // the endpoint is switched off
	FailingSince time.Time // the endpoint's
}

// DeliveryAttempt is what came of trying.
type DeliveryAttempt struct {
	DeliveryID string
	Generation int64 // the delivery's; an attempt of an earlier one does not end the delivery
	At         time.Time
	Status     int    // HTTP status; 0 when no answer came
	Answer     string // the first bytes of the answer's body
	Error      string // why the endpoint did not take the event, safe to show; empty when it did
	Took       time.Duration
	Delivered  bool
	GaveUp     bool
	Gone       bool      // the endpoint wants nothing any more
	NextAt     time.Time // of the next attempt; zero: there is none
}

// DeliveryStore is what the webhook sender needs.
type DeliveryStore interface {
	Delivery(ctx context.Context, id string) (Delivery, error)

	// RecordAttempt keeps an attempt and what it means for the delivery and
	// its endpoint, which it gives as it is afterwards.
	RecordAttempt(ctx context.Context, attempt DeliveryAttempt) (WebhookEndpoint, error)
}

// DeliveryStatus is where a delivery stands.
type DeliveryStatus string

// The statuses.
const (
	DeliveryPending   DeliveryStatus = "pending"
	DeliveryDelivered DeliveryStatus = "delivered"
	DeliveryFailed    DeliveryStatus = "failed" // given up
)

// DeliveryRecord is a delivery with all that came of it.
type DeliveryRecord struct {
	ID            string
	Mode          Mode
	EndpointID    string
	EventID       string
	EventType     EventType
	Status        DeliveryStatus
	Attempts      []DeliveryAttempt // oldest first
	NextAttemptAt time.Time         // zero: there will be none
	CreatedAt     time.Time
}

// DeliveryQuery selects deliveries to one endpoint.
type DeliveryQuery struct {
	ListPart
	EndpointID string
	Status     DeliveryStatus // empty: all
}

// EventQuery selects events of one merchant and mode, oldest first.
type EventQuery struct {
	AfterSequence int64
	Type          EventType // empty: all
	Limit         int
}
