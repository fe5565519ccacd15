package handlers

import (
	"context"

	"rieltime/handlers/api"
	"rieltime/handlers/dashboard"
	"rieltime/handlers/pages"
)

// Store is what the handlers read and write without the service. Its errors are
// those of checkout.Store: what does not exist is checkout.ErrNotFound.
type Store interface {
	api.Store
	dashboard.Store
	pages.Store

	// Ready reports why the database cannot take writes now; nil when it can.
	Ready(ctx context.Context) error
}
