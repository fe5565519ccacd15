package checkout

import "context"

// PurchaseStory is what happened about a purchase beside what it has itself.
type PurchaseStory struct {
	Events     []Event          // in their order
	Deliveries []DeliveryRecord // of the events
	Audit      []AuditEntry     // about the session, its payments and refunds, and the deliveries
}

// CanRefund reports whether a payment's provider can give its money back; if not, it is
// given back by hand.
func (s *Service) CanRefund(payment Payment) bool {
	refunder, can := s.providers[payment.Provider].(Refunder)
	return can && refunder.CanRefund(payment)
}

// IsWatched reports whether a payment's provider is queried about it from time to time.
func (p Payment) IsWatched() bool { return !p.NextCheckAt.IsZero() }

// FormRequest is the request of a form that is carried out once for its key, however
// often it is sent: of what the key is for.
func FormRequest(ctx context.Context, purpose, key string) context.Context {
	return WithIdempotentRequest(ctx, IdempotentRequest{Seed: seeded([]byte(key), purpose)})
}
