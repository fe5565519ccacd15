package dashboard

import (
	"context"
	"time"

	"rieltime/checkout"
)

// keyStore keeps API keys.
type keyStore interface {
	checkout.KeyStore

	// LatestKeys lists a merchant's keys of one mode, also those that have ended, newest
	// first.
	LatestKeys(ctx context.Context, merchantID string, mode checkout.Mode, limit int) ([]checkout.APIKey, error)

	// RevokeKey ends a key at once.
	RevokeKey(ctx context.Context, id string, at time.Time) (checkout.APIKey, error)
}
