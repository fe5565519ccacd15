package handlers

import (
	"context"

	"rieltime/checkout"
)

// Store is what handlers read beside the service. Its errors are those of
// checkout.Store: what does not exist is checkout.ErrNotFound.
type Store interface {
	// APIKey finds a key by checkout.HashAPIKey.
	APIKey(ctx context.Context, hash string) (checkout.APIKey, error)

	// ListSessions gives at most query.Limit sessions, newest first, and
	// whether there are more in the direction of the cursor.
	ListSessions(ctx context.Context, merchantID string, mode checkout.Mode, query checkout.SessionQuery) ([]checkout.Session, bool, error)

	// ListPayments does the same for payments.
	ListPayments(ctx context.Context, merchantID string, mode checkout.Mode, query checkout.PaymentQuery) ([]checkout.Payment, bool, error)

	// Glance reads what a poll needs, in one indexed SELECT.
	Glance(ctx context.Context, sessionID string) (checkout.Glance, error)

	// Ready reports why the database cannot take writes now; nil when it can.
	Ready(ctx context.Context) error
}
