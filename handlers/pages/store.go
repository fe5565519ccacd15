package pages

import (
	"context"

	"rieltime/checkout"
)

// Store is what the pages read without the service.
type Store interface {
	// Glance returns what a poll needs. What another replica has changed may take a
	// second to show.
	Glance(ctx context.Context, sessionID string) (checkout.Glance, error)

	// CurrentGlance reads the same as it is now, in one indexed SELECT.
	CurrentGlance(ctx context.Context, sessionID string) (checkout.Glance, error)

	// Logo returns a picture that a merchant has uploaded, by its hash.
	Logo(ctx context.Context, merchantID, hash string) ([]byte, error)
}
