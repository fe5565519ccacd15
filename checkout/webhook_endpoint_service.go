package checkout

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"time"
)

// EndpointStore keeps webhook endpoints and what is delivered to them. Deleted
// ones are not found.
type EndpointStore interface {
	// InsertEndpoint stores an endpoint; one that has the id already is
	// returned.
	InsertEndpoint(ctx context.Context, endpoint WebhookEndpoint) (WebhookEndpoint, error)
	Endpoint(ctx context.Context, id string) (WebhookEndpoint, error)

	// UpdateEndpoint lets change alter an endpoint, in one transaction. What
	// waits for one that becomes disabled is given up.
	UpdateEndpoint(ctx context.Context, id string, change func(*WebhookEndpoint) error) (WebhookEndpoint, error)
	DeleteEndpoint(ctx context.Context, id string, at time.Time) error

	// InsertTestEvent stores an event for one endpoint only, unless it is there
	// already, and gives its delivery.
	InsertTestEvent(ctx context.Context, endpointID string, event Event) (DeliveryRecord, error)

	// Redeliver queues a delivery again, from its first attempt.
	Redeliver(ctx context.Context, deliveryID string, at time.Time) (DeliveryRecord, error)

	// RedeliverRange queues the events created from from to before to that an
	// endpoint receives, RedeliverFailed what was given up. They count them.
	RedeliverRange(ctx context.Context, endpoint WebhookEndpoint, from, to, at time.Time) (int, error)
	RedeliverFailed(ctx context.Context, endpointID string, at time.Time) (int, error)
}

// CreateEndpoint makes a webhook endpoint.
func (s *Service) CreateEndpoint(ctx context.Context, merchantID string, mode Mode, params EndpointParams) (WebhookEndpoint, error) {
	endpoint := WebhookEndpoint{
		ID: idempotentID(ctx, endpointPrefix), MerchantID: merchantID, Mode: mode, Secret: webhookSecretFor(ctx),
		Events: []EventType{EveryEvent}, CreatedAt: s.now(),
	}
	if params.URL == nil || *params.URL == "" {
		return endpoint, Invalidf("url", "url_missing", "url is required.")
	}
	if err := params.apply(&endpoint); err != nil {
		return endpoint, err
	}

	return s.endpoints.InsertEndpoint(ctx, endpoint)
}

// Endpoint loads a webhook endpoint.
func (s *Service) Endpoint(ctx context.Context, id string) (WebhookEndpoint, error) {
	return s.endpoints.Endpoint(ctx, id)
}

// UpdateEndpoint changes what is given of an endpoint.
func (s *Service) UpdateEndpoint(ctx context.Context, id string, params EndpointParams) (WebhookEndpoint, error) {
	return s.endpoints.UpdateEndpoint(ctx, id, params.apply)
}

// DeleteEndpoint removes an endpoint; what was still to be delivered to it is
// dropped.
func (s *Service) DeleteEndpoint(ctx context.Context, id string) error {
	return s.endpoints.DeleteEndpoint(ctx, id, s.now())
}

// RotateSecret gives an endpoint a new secret. For overlap seconds, a day
// unless given, the old one signs too.
func (s *Service) RotateSecret(ctx context.Context, id string, overlap *int) (WebhookEndpoint, error) {
	lasting := defaultOverlap
	if overlap != nil {
		if *overlap < 0 || *overlap > int(maxOverlap/time.Second) {
			return WebhookEndpoint{}, Invalidf("overlap_seconds", "overlap_seconds_invalid", "overlap_seconds must be from 0 to %d.", int(maxOverlap/time.Second))
		}
		lasting = time.Duration(*overlap) * time.Second
	}

	secret := webhookSecretFor(ctx)
	return s.endpoints.UpdateEndpoint(ctx, id, func(e *WebhookEndpoint) error {
		e.Rotate(secret, lasting, s.now())
		return nil
	})
}

// TestEndpoint sends a test event to an endpoint.
func (s *Service) TestEndpoint(ctx context.Context, endpoint WebhookEndpoint) (DeliveryRecord, error) {
	if endpoint.Disabled != "" {
		return DeliveryRecord{}, ErrEndpointDisabled
	}

	event := Event{
		ID: idempotentID(ctx, eventPrefix), MerchantID: endpoint.MerchantID, Mode: endpoint.Mode, Type: EventWebhookTest, CreatedAt: s.now(),
	}
	body, err := json.Marshal(eventBody{
		ID: event.ID, Type: event.Type, Timestamp: event.CreatedAt, Mode: event.Mode, Data: eventData{Object: endpoint.Public(event.CreatedAt)},
	})
	if err != nil {
		return DeliveryRecord{}, err
	}

	event.Body = body
	return s.endpoints.InsertTestEvent(ctx, endpoint.ID, event)
}

// Redeliver sends one delivery of an endpoint once more.
func (s *Service) Redeliver(ctx context.Context, endpoint WebhookEndpoint, deliveryID string) (DeliveryRecord, error) {
	if endpoint.Disabled != "" {
		return DeliveryRecord{}, ErrEndpointDisabled
	}
	return s.endpoints.Redeliver(ctx, deliveryID, s.now())
}

// RedeliverRange sends the events created from from to before to, of the types
// that the endpoint listens to, once more; it counts them.
func (s *Service) RedeliverRange(ctx context.Context, endpoint WebhookEndpoint, from, to time.Time) (int, error) {
	if !from.Before(to) {
		return 0, Invalidf("to", "range_invalid", "to must be after from.")
	}
	if endpoint.Disabled != "" {
		return 0, ErrEndpointDisabled
	}
	return s.endpoints.RedeliverRange(ctx, endpoint, from, to, s.now())
}

// RedeliverFailed sends every delivery that was given up once more; it counts
// them.
func (s *Service) RedeliverFailed(ctx context.Context, endpoint WebhookEndpoint) (int, error) {
	if endpoint.Disabled != "" {
		return 0, ErrEndpointDisabled
	}
	return s.endpoints.RedeliverFailed(ctx, endpoint.ID, s.now())
}

// NewWebhookSecret makes a Standard Webhooks secret: "whsec_" and 192 random
// bits in base64.
func NewWebhookSecret() Secret {
	key := make([]byte, webhookKeyLength)
	_, _ = rand.Read(key) // crypto/rand never fails: it ends the process instead
	return webhookSecret(key)
}

// webhookSecretFor makes a secret like NewWebhookSecret does, but returns the same
// one each time that a request with an Idempotency-Key is carried out.
func webhookSecretFor(ctx context.Context) Secret {
	if seed := IdempotentRequestOf(ctx).Seed; seed != nil {
		return webhookSecret(seeded(seed, "webhook secret")[:webhookKeyLength])
	}
	return NewWebhookSecret()
}

const webhookKeyLength = 24

func webhookSecret(key []byte) Secret {
	return Secret("whsec_" + base64.StdEncoding.EncodeToString(key))
}
