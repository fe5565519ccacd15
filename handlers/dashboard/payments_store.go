package dashboard

import (
	"context"

	"rieltime/checkout"
	"rieltime/checkout/users"
)

// paymentStore has what the pages of payments list.
type paymentStore interface {
	// FindPayments lists a page of payments behind a position, newest first.
	FindPayments(ctx context.Context, merchantID string, mode checkout.Mode, filter checkout.PaymentFilter, after checkout.Position, limit int) (checkout.PaymentPage, error)

	Payment(ctx context.Context, id string) (checkout.Payment, error)

	// PurchaseStory reads the events, deliveries and lines of the audit trail about a
	// purchase.
	PurchaseStory(ctx context.Context, purchase checkout.Purchase) (checkout.PurchaseStory, error)

	User(ctx context.Context, id string) (users.User, error)
	Audit(ctx context.Context, action, object string, detail map[string]any) error

	// SavedViews lists a user's own views and those shared with them.
	SavedViews(ctx context.Context, merchantID, userID string) ([]users.SavedView, error)
	InsertSavedView(ctx context.Context, view users.SavedView) error
	DeleteSavedView(ctx context.Context, merchantID, userID, id string, shared bool) error
}
