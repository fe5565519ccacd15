package checkout

import (
	"context"
	"errors"
)

// ErrLinkCurrency is another currency for a link whose payments are counted in its own.
var ErrLinkCurrency = &Error{
	Kind: KindConflict, Code: "link_currency", Param: "currency", Detail: "This link has been paid: its currency cannot be changed. Make another link.",
}

// UpdateLink changes a link to what the params say. Sessions that were made from it stay
// as they are.
func (s *Service) UpdateLink(ctx context.Context, id string, params LinkParams) (Link, error) {
	before, err := s.links.Link(ctx, id)
	if err != nil {
		return before, err
	}

	merchant, err := s.store.Merchant(ctx, before.MerchantID)
	if err != nil {
		return before, err
	}

	changed, wrong := newLink(params, merchant, before.Mode, s.now())
	offered, err := s.payable(ctx, before.MerchantID, before.Mode, changed.amounts()...)
	if err != nil {
		return before, err
	}
	if err := errors.Join(wrong, offered.check(ctx, params.PaymentMethods)); err != nil {
		return before, err
	}

	return s.links.UpdateLink(ctx, id, func(link *Link) error {
		if link.Paid > 0 && link.Currency != changed.Currency {
			return ErrLinkCurrency
		}
		changed.ID, changed.Active, changed.CreatedAt = link.ID, link.Active, link.CreatedAt
		changed.Uses, changed.Paid, changed.Takings = link.Uses, link.Paid, link.Takings
		*link = changed
		return nil
	})
}

// ActivateLink offers a link again that was deactivated. Again changes nothing.
func (s *Service) ActivateLink(ctx context.Context, id string) (Link, error) {
	return s.links.ActivateLink(ctx, id)
}
