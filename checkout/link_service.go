package checkout

import (
	"context"
	"errors"
)

// LinkURL is the address of a link's page.
func (s *Service) LinkURL(linkID string) string { return s.addresses.LinkURL(linkID) }

// CreateLink makes a payment link.
func (s *Service) CreateLink(ctx context.Context, merchantID string, mode Mode, params LinkParams) (Link, error) {
	merchant, err := s.store.Merchant(ctx, merchantID)
	if err != nil {
		return Link{}, err
	}

	link, wrong := newLink(params, merchant, mode, s.now())
	offered, err := s.payable(ctx, merchantID, mode, link.amounts()...)
	if err != nil {
		return Link{}, err
	}
	if err := errors.Join(wrong, offered.check(ctx, params.PaymentMethods)); err != nil {
		return Link{}, err
	}

	link.ID = idempotentID(ctx, linkPrefix)
	return s.links.InsertLink(ctx, link)
}

// Link loads a payment link.
func (s *Service) Link(ctx context.Context, id string) (Link, error) { return s.links.Link(ctx, id) }

// DeactivateLink ends a link; its sessions live on. Again changes nothing.
func (s *Service) DeactivateLink(ctx context.Context, id string) (Link, error) {
	return s.links.DeactivateLink(ctx, id)
}

// LinkMerchant is whom a link pays.
func (s *Service) LinkMerchant(ctx context.Context, link Link) (Merchant, error) {
	return s.store.Merchant(ctx, link.MerchantID)
}

// VisitorSession finds the open session that a visitor has from a link.
func (s *Service) VisitorSession(ctx context.Context, linkID, visitor string) (Session, error) {
	return s.links.VisitorSession(ctx, linkID, visitor, s.now())
}

// OpenLink makes a session of a buyer's choice.
func (s *Service) OpenLink(ctx context.Context, linkID string, choice LinkChoice) (Session, error) {
	link, err := s.links.Link(ctx, linkID)
	if err != nil {
		return Session{}, err
	}

	session, err := link.session(choice, s.now())
	if err != nil {
		return Session{}, err
	}
	merchant, err := s.store.Merchant(ctx, session.MerchantID)
	if err != nil {
		return Session{}, err
	}
	if err := s.lockRates(ctx, &session, merchant); err != nil {
		return Session{}, err
	}
	if err := s.checkPayable(ctx, session); err != nil {
		return Session{}, err
	}

	return s.links.InsertLinkSession(ctx, session, choice.Visitor)
}

// checkPayable refuses a link's session that could not be paid in any way: the
// merchant may have changed its methods since, and between two ends that can be
// paid a buyer may choose what cannot.
func (s *Service) checkPayable(ctx context.Context, session Session) error {
	offered, err := s.payable(ctx, session.MerchantID, session.Mode, session.Payable()...)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, payableTimeout)
	defer cancel()
	if !offered.any(ctx, session.PaymentMethods) {
		return ErrNothingPayable
	}
	return nil
}
