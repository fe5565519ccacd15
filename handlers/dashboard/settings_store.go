package dashboard

import (
	"context"

	"rieltime/checkout"
)

// settingsStore keeps merchants' settings.
type settingsStore interface {
	checkout.MerchantStore

	// InsertLogo stores a merchant's picture by its hash, and KeepLogo removes all but one.
	InsertLogo(ctx context.Context, merchantID, hash string, picture []byte) error
	KeepLogo(ctx context.Context, merchantID, hash string) error
}
