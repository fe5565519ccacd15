package dashboard

import (
	"context"

	"rieltime/checkout"
)

// linkStore has what the pages of payment links list.
type linkStore interface {
	ListLinks(ctx context.Context, merchantID string, mode checkout.Mode, query checkout.LinkQuery) ([]checkout.Link, bool, error)

	// Accounts lists a merchant's enabled accounts of one mode.
	Accounts(ctx context.Context, merchantID string, mode checkout.Mode) ([]checkout.Account, error)
}
