package dashboard

import "rieltime/checkout"

// settingsStore keeps merchants' settings.
type settingsStore interface {
	checkout.MerchantStore
}
