package pages

import (
	"context"

	"rieltime/checkout"
)

// Store is what the pages read without the service.
type Store interface {
	// Glance reads what a poll needs, in one indexed SELECT.
	Glance(ctx context.Context, sessionID string) (checkout.Glance, error)
}
