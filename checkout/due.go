package checkout

import "context"

// Due receives when a payment became due before its time: whoever queries
// providers need not wait for their next round.
func (s *Service) Due() <-chan struct{} { return s.due }

func (s *Service) signalDue() {
	select {
	case s.due <- struct{}{}:
	default:
	}
}

// ExpireOverdue ends what has run out of time in a session.
func (s *Service) ExpireOverdue(ctx context.Context, sessionID string) error {
	_, err := s.update(ctx, sessionID, func(p *Purchase) error {
		p.Expire(s.now())
		return nil
	})
	return err
}

// ReviewUnanswered puts under review the payments of a session that have been
// owed a known answer for UnknownAfter.
func (s *Service) ReviewUnanswered(ctx context.Context, sessionID string) error {
	_, err := s.update(ctx, sessionID, func(p *Purchase) error {
		p.ReviewUnanswered(s.now())
		return nil
	})
	return err
}

// MarkDelayed records that a payment that its buyer views could not be queried
// for DelayedAfter.
func (s *Service) MarkDelayed(ctx context.Context, payment Payment) error {
	_, err := s.update(ctx, payment.SessionID, func(p *Purchase) error {
		p.MarkDelayed(payment.ID, s.now())
		return nil
	})
	return err
}
