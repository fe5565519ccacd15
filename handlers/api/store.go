package api

import (
	"context"
	"time"

	"rieltime/checkout"
)

// Store is what handlers read beside the service. Its errors are those of
// checkout.Store: what does not exist is checkout.ErrNotFound.
type Store interface {
	// APIKey finds a key by checkout.HashAPIKey.
	APIKey(ctx context.Context, hash string) (checkout.APIKey, error)

	// NoteKeyUse keeps when a key was last used.
	NoteKeyUse(ctx context.Context, id string, at time.Time) error

	IdempotencyStore

	// ListSessions gives at most query.Limit sessions, newest first, and
	// whether there are more in the direction of the cursor.
	ListSessions(ctx context.Context, merchantID string, mode checkout.Mode, query checkout.SessionQuery) ([]checkout.Session, bool, error)

	// Sessions finds sessions by their ids, with their ids as keys.
	Sessions(ctx context.Context, ids []string) (map[string]checkout.Session, error)

	// ListPayments does the same for payments.
	ListPayments(ctx context.Context, merchantID string, mode checkout.Mode, query checkout.PaymentQuery) ([]checkout.Payment, bool, error)

	// Refund finds a refund by its id.
	Refund(ctx context.Context, id string) (checkout.Refund, error)

	// ListRefunds and ListLinks give pages of refunds and payment links.
	ListRefunds(ctx context.Context, merchantID string, mode checkout.Mode, query checkout.RefundQuery) ([]checkout.Refund, bool, error)
	ListLinks(ctx context.Context, merchantID string, mode checkout.Mode, query checkout.LinkQuery) ([]checkout.Link, bool, error)

	// ListEndpoints and ListDeliveries give pages of webhook endpoints and of
	// what was delivered to one.
	ListEndpoints(ctx context.Context, merchantID string, mode checkout.Mode, part checkout.ListPart) ([]checkout.WebhookEndpoint, bool, error)
	ListDeliveries(ctx context.Context, query checkout.DeliveryQuery) ([]checkout.DeliveryRecord, bool, error)
	DeliveryRecord(ctx context.Context, id string) (checkout.DeliveryRecord, error)

	// ListEvents reads the feed, oldest first.
	ListEvents(ctx context.Context, merchantID string, mode checkout.Mode, query checkout.EventQuery) ([]checkout.Event, bool, error)
	Event(ctx context.Context, id string) (checkout.Event, error)
}

// IdempotencyStore keeps the results of requests with an Idempotency-Key.
type IdempotencyStore interface {
	// CheckIdempotency returns why a request cannot be carried out now:
	// *checkout.AlreadyCarriedOut when it has a result, ErrIdempotencyInFlight or
	// ErrIdempotencyMismatch. It returns nil when it can.
	CheckIdempotency(ctx context.Context, request checkout.IdempotentRequest) error

	// LeaseIdempotency leases a request until a time, and returns it with its seed
	// and lease.
	LeaseIdempotency(ctx context.Context, request checkout.IdempotentRequest, until time.Time) (checkout.IdempotentRequest, error)

	// RenewIdempotency extends a request's lease; ErrNotFound: it has a result or was
	// taken over.
	RenewIdempotency(ctx context.Context, request checkout.IdempotentRequest, until time.Time) (checkout.IdempotentRequest, error)

	// KeepResult stores the result of a request.
	KeepResult(ctx context.Context, request checkout.IdempotentRequest, result checkout.RequestResult) error

	// ReleaseIdempotency ends a request's lease without a result. With forget, any
	// request may use its key afterwards, else only the same request.
	ReleaseIdempotency(ctx context.Context, request checkout.IdempotentRequest, forget bool) error
}
