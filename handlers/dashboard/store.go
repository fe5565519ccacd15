package dashboard

import (
	"context"

	"rieltime/checkout"
)

// Store is what the dashboard reads without the services. What does not exist is
// checkout.ErrNotFound.
type Store interface {
	keyStore
	webhookStore
	takingsStore

	Merchant(ctx context.Context, id string) (checkout.Merchant, error)
}
