package dashboard

import (
	"context"
	"time"

	"rieltime/checkout"
)

// counterStore has what the pages of the counter list.
type counterStore interface {
	// Sales lists the sales that a cashier made within a range, the newest first.
	Sales(ctx context.Context, merchantID string, mode checkout.Mode, cashierID string, made checkout.TimeRange, limit int) ([]checkout.Sale, error)

	// SaleTakings adds up what those took, by currency and method.
	SaleTakings(ctx context.Context, merchantID string, mode checkout.Mode, cashierID string, made checkout.TimeRange) ([]checkout.SaleTakings, error)

	// LinkPayments lists the money that came by payment links since a time, the latest
	// first.
	LinkPayments(ctx context.Context, merchantID string, mode checkout.Mode, since time.Time, limit int) ([]checkout.LinkPayment, error)
}
