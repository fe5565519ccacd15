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

	// Glance reads what a poll needs, in one indexed SELECT.
	Glance(ctx context.Context, sessionID string) (checkout.Glance, error)

	// Ready reports why the database cannot take writes now; nil when it can.
	Ready(ctx context.Context) error
}

// IdempotencyStore keeps what was answered to requests with an Idempotency-Key.
type IdempotencyStore interface {
	// CheckIdempotency tells of a claim that cannot be taken now: *checkout.Replay when
	// it was answered, ErrIdempotencyInFlight, ErrIdempotencyMismatch.
	CheckIdempotency(ctx context.Context, claim checkout.IdempotentRequest) error

	// LeaseIdempotency takes a claim, and gives it with its seed and lease.
	LeaseIdempotency(ctx context.Context, claim checkout.IdempotentRequest, until time.Time) (checkout.IdempotentRequest, error)

	// RenewIdempotency keeps a claim for longer; ErrNotFound: it was answered or
	// taken over.
	RenewIdempotency(ctx context.Context, claim checkout.IdempotentRequest, until time.Time) (checkout.IdempotentRequest, error)

	// KeepAnswer keeps the answer to a claim.
	KeepAnswer(ctx context.Context, claim checkout.IdempotentRequest, answer checkout.Response) error

	// ReleaseIdempotency gives back a claim without an answer; a forgotten one leaves
	// its key free for any request, else only the same request may take it.
	ReleaseIdempotency(ctx context.Context, claim checkout.IdempotentRequest, forget bool) error
}
