package checkout

import (
	"fmt"
	"slices"
	"time"
)

// DisabledReason says who switched an endpoint off; empty while it is on.
type DisabledReason string

// The reasons.
const (
	DisabledByMerchant DisabledReason = "merchant"
	DisabledGone       DisabledReason = "gone"    // it answered 410
	DisabledFailing    DisabledReason = "failing" // for days
)

// EveryEvent in an endpoint's filter stands for all types, also those to come.
const EveryEvent EventType = "*"

// WebhookEndpoint is where a merchant receives events.
type WebhookEndpoint struct {
	ID             string
	MerchantID     string
	Mode           Mode
	URL            string
	Secret         Secret // "whsec_…", Standard Webhooks
	PreviousSecret Secret // signs too until PreviousUntil
	PreviousUntil  time.Time
	Events         []EventType // the types that it gets
	Description    string
	Disabled       DisabledReason
	FailingSince   time.Time // of the first failure since it last took an event; zero: none
	CreatedAt      time.Time
}

// Bounds of endpoints.
const (
	MaxEndpoints   = 20 // of a merchant in one mode
	maxOverlap     = 7 * 24 * time.Hour
	defaultOverlap = 24 * time.Hour
	failingFor     = 3 * 24 * time.Hour // of nothing but failures, then an endpoint is paused
)

// The errors of endpoints.
var (
	ErrEndpointsTooMany = &Error{Kind: KindConflict, Code: "endpoints_too_many", Detail: fmt.Sprintf("There are %d webhook endpoints in this mode already.", MaxEndpoints)}
	ErrEndpointDisabled = &Error{Kind: KindConflict, Code: "endpoint_disabled", Detail: "The webhook endpoint is disabled."}
)

// Subscribes reports whether an endpoint gets events of a type. A test event goes
// only to the endpoint that it was requested for.
func (e *WebhookEndpoint) Subscribes(kind EventType) bool {
	return kind != EventWebhookTest && (slices.Contains(e.Events, EveryEvent) || slices.Contains(e.Events, kind))
}

// RecordAttempt records the result of an attempt. The status 410, or days with
// nothing but failures, switch the endpoint off.
func (e *WebhookEndpoint) RecordAttempt(a DeliveryAttempt) {
	if a.Delivered {
		e.FailingSince = time.Time{}
		return
	}

	if e.FailingSince.IsZero() {
		e.FailingSince = a.At
	}

	switch {
	case e.Disabled != "":
	case a.Gone:
		e.Disabled = DisabledGone
	case a.At.Sub(e.FailingSince) >= failingFor:
		e.Disabled = DisabledFailing
	}
}

// Rotate gives an endpoint a new secret; the one before signs too for a while.
// Rotating to the same secret again changes nothing.
func (e *WebhookEndpoint) Rotate(secret Secret, overlap time.Duration, now time.Time) {
	if e.Secret.Equal(secret.Reveal()) {
		return
	}
	e.PreviousSecret, e.PreviousUntil = "", time.Time{}
	if overlap > 0 {
		e.PreviousSecret, e.PreviousUntil = e.Secret, now.Add(overlap)
	}
	e.Secret = secret
}

// EndpointParams is a merchant's request for an endpoint, or for a change of
// one; what is nil is not given.
type EndpointParams struct {
	URL         *string
	Events      []string
	Description *string
	Disabled    *bool // for changes only
}

func (params EndpointParams) apply(e *WebhookEndpoint) error {
	if params.URL != nil {
		if err := checkEndpointURL("url", e.Mode, *params.URL); err != nil {
			return err
		}
		e.URL = *params.URL
	}

	if params.Events != nil {
		events, err := parseEvents(params.Events)
		if err != nil {
			return err
		}
		e.Events = events
	}

	if params.Description != nil {
		if err := checkText("description", *params.Description, maxText); err != nil {
			return err
		}
		e.Description = *params.Description
	}

	switch {
	case params.Disabled == nil:
	case !*params.Disabled:
		e.Disabled, e.FailingSince = "", time.Time{}
	case e.Disabled == "":
		e.Disabled = DisabledByMerchant
	}

	return nil
}

// checkEndpointURL looks at the form of an address only: where it leads is
// checked at each connection.
func checkEndpointURL(param string, mode Mode, text string) error {
	_, err := checkWebURL(param, text, mode)
	return err
}

func parseEvents(texts []string) ([]EventType, error) {
	if len(texts) == 0 {
		return nil, Invalidf("events", "events_invalid", `events must not be empty; ["*"] is all.`)
	}

	var events []EventType
	for i, text := range texts {
		kind := EventType(text)
		param := fmt.Sprintf("events[%d]", i)
		if kind != EveryEvent && !slices.Contains(EventTypes(), kind) {
			return nil, Invalidf(param, "events_invalid", "Unknown event type %q.", text)
		}
		if slices.Contains(events, kind) {
			return nil, Invalidf(param, "events_invalid", "%q is given more than once.", text)
		}

		events = append(events, kind)
	}

	return events, nil
}
