package dashboard

import (
	"context"

	"rieltime/checkout"
)

// Store is what the dashboard reads without the services. What does not exist is
// checkout.ErrNotFound.
type Store interface {
	counterStore
	shiftStore
	displayStore
	keyStore
	linkStore
	settingsStore
	rateStore
	statementStore
	recordStore
	dayCloseStore
	webhookStore
	takingsStore
	paymentStore

	Merchant(ctx context.Context, id string) (checkout.Merchant, error)

	// QueryUsage has an entry for each enabled account of a mode.
	QueryUsage(ctx context.Context, merchantID string, mode checkout.Mode) (map[string]checkout.QueryUsage, error)
}
