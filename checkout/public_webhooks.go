package checkout

import (
	"encoding/json"
	"time"
)

// PublicEndpoint is a WebhookEndpoint as merchants see it.
type PublicEndpoint struct {
	ID                  string          `json:"id"`
	Object              string          `json:"object"` // "webhook_endpoint"
	Mode                Mode            `json:"mode"`
	URL                 string          `json:"url"`
	Events              []EventType     `json:"events"`
	Description         *string         `json:"description"`
	Disabled            bool            `json:"disabled"`
	DisabledReason      *DisabledReason `json:"disabled_reason"`
	FailingSince        *time.Time      `json:"failing_since"`
	PreviousSecretUntil *time.Time      `json:"previous_secret_until"`
	CreatedAt           time.Time       `json:"created_at"`
	Secret              string          `json:"secret,omitempty"` // only when it is new
}

// Public shows an endpoint, without its secret, as it is at now.
func (e *WebhookEndpoint) Public(now time.Time) PublicEndpoint {
	public := PublicEndpoint{
		ID: e.ID, Object: "webhook_endpoint", Mode: e.Mode, URL: e.URL, Events: e.Events, Description: orNull(e.Description),
		Disabled: e.Disabled != "", DisabledReason: orNull(e.Disabled), FailingSince: optional(e.FailingSince), CreatedAt: e.CreatedAt,
	}
	if now.Before(e.PreviousUntil) {
		public.PreviousSecretUntil = &e.PreviousUntil
	}
	return public
}

// PublicDelivery is a DeliveryRecord as merchants see it.
type PublicDelivery struct {
	ID            string          `json:"id"`
	Object        string          `json:"object"` // "delivery"
	Mode          Mode            `json:"mode"`
	Endpoint      string          `json:"endpoint"`
	Event         string          `json:"event"`
	EventType     EventType       `json:"event_type"`
	Status        DeliveryStatus  `json:"status"`
	Attempts      []PublicAttempt `json:"attempts"`
	NextAttemptAt *time.Time      `json:"next_attempt_at"`
	CreatedAt     time.Time       `json:"created_at"`
}

// PublicAttempt is a DeliveryAttempt as merchants see it.
type PublicAttempt struct {
	At        time.Time `json:"at"`
	Status    *int      `json:"status"` // null when no answer came
	Answer    *string   `json:"answer"` // null when it was empty, or none came
	Error     *string   `json:"error"`  // null when the event was taken
	TookMS    int64     `json:"took_ms"`
	Delivered bool      `json:"delivered"`
}

// Public shows a delivery.
func (d DeliveryRecord) Public() PublicDelivery {
	public := PublicDelivery{
		ID: d.ID, Object: "delivery", Mode: d.Mode, Endpoint: d.EndpointID, Event: d.EventID, EventType: d.EventType,
		Status: d.Status, Attempts: make([]PublicAttempt, len(d.Attempts)), NextAttemptAt: optional(d.NextAttemptAt), CreatedAt: d.CreatedAt,
	}

	for i, a := range d.Attempts {
		public.Attempts[i] = PublicAttempt{At: a.At, Answer: orNull(a.Answer), Error: orNull(a.Error), TookMS: a.Took.Milliseconds(), Delivered: a.Delivered}
		if a.Status != 0 {
			public.Attempts[i].Status = &a.Status
		}
	}

	return public
}

// PublicEvent is an Event as the feed shows it: what was sent.
type PublicEvent struct {
	Object    string          `json:"object"` // "event"
	Sequence  int64           `json:"sequence"`
	ID        string          `json:"id"`
	Type      EventType       `json:"type"`
	Timestamp time.Time       `json:"timestamp"`
	Mode      Mode            `json:"mode"`
	Data      json.RawMessage `json:"data"`
}

// Public shows an event.
func (e Event) Public() (PublicEvent, error) {
	var public PublicEvent
	err := json.Unmarshal(e.Body, &public)
	public.Object = "event"
	return public, err
}
