package checkout

import "context"

// ChooseLanguage keeps the language that a session's buyer has chosen. The way
// back from a provider finds it by the session alone.
func (s *Service) ChooseLanguage(ctx context.Context, sessionID, locale string) error {
	purchase, err := s.store.Purchase(ctx, sessionID)
	if err != nil || purchase.Session.BuyerLocale == locale {
		return err
	}
	if err := checkLocale(locale); err != nil {
		return err
	}

	_, err = s.update(ctx, sessionID, func(p *Purchase) error {
		p.Session.BuyerLocale = locale
		p.touch()
		return nil
	})
	return err
}

// Purchase loads a session with its payments.
func (s *Service) Purchase(ctx context.Context, sessionID string) (Purchase, error) {
	return s.store.Purchase(ctx, sessionID)
}

// ExpireSession closes an open session early for its merchant; closing an
// expired one again changes nothing.
func (s *Service) ExpireSession(ctx context.Context, sessionID string) (Purchase, error) {
	return s.update(ctx, sessionID, func(p *Purchase) error { return p.ExpireNow(s.now()) })
}

// CancelSession closes an open session for its buyer.
func (s *Service) CancelSession(ctx context.Context, sessionID string) (Purchase, error) {
	purchase, err := s.update(ctx, sessionID, func(p *Purchase) error { return p.Cancel(s.now()) })
	s.signalDue()
	return purchase, err
}

// ExtendSession gives the buyer more time, where it can be had.
func (s *Service) ExtendSession(ctx context.Context, sessionID string) (Purchase, error) {
	return s.update(ctx, sessionID, func(p *Purchase) error { return p.Extend(s.now()) })
}
