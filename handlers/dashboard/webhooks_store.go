package dashboard

import (
	"context"

	"rieltime/checkout"
)

// webhookStore has what the pages of webhooks list.
type webhookStore interface {
	ListEndpoints(ctx context.Context, merchantID string, mode checkout.Mode, part checkout.ListPart) ([]checkout.WebhookEndpoint, bool, error)
	ListDeliveries(ctx context.Context, query checkout.DeliveryQuery) ([]checkout.DeliveryRecord, bool, error)
	DeliveryRecord(ctx context.Context, id string) (checkout.DeliveryRecord, error)
	Event(ctx context.Context, id string) (checkout.Event, error)

	// ListEvents reads the feed, oldest first; LatestEvents its end, newest first.
	ListEvents(ctx context.Context, merchantID string, mode checkout.Mode, query checkout.EventQuery) ([]checkout.Event, bool, error)
	LatestEvents(ctx context.Context, merchantID string, mode checkout.Mode, limit int) ([]checkout.Event, error)
}
