package checkout

import "context"

// DecideReview closes the review of a merchant's payment.
func (s *Service) DecideReview(ctx context.Context, payment Payment, decision ReviewDecision) (Payment, error) {
	if err := decision.check(); err != nil {
		return Payment{}, err
	}

	decision.At = s.now()
	refundID := idempotentID(ctx, refundPrefix)
	purchase, err := s.update(ctx, payment.SessionID, func(p *Purchase) error {
		if IdempotentRequestOf(ctx).Retried && decision.same(p.Payment(payment.ID).Decision) {
			return nil
		}
		return p.Decide(payment.ID, decision, refundID)
	})
	if err != nil {
		return Payment{}, err
	}

	s.signalDue() // attempts that are closed now are closed at their providers
	return *purchase.Payment(payment.ID), nil
}
