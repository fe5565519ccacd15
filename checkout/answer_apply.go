package checkout

import (
	"context"
	"errors"
)

// Apply records what a provider answered about a payment: a proof is settled,
// any other answer is recorded by RecordAnswer.
func (s *Service) Apply(ctx context.Context, payment Payment, answer Answer) error {
	if answer.Verdict == VerdictUnknown {
		s.LogFor(ctx).Warn("provider gave no answer", "provider", payment.Provider, "payment", payment.ID, "reason", answer.Reason, "cause", answer.Cause)
	}

	if answer.Verdict == VerdictPaid && answer.Proof != nil {
		return s.settle(ctx, payment, *answer.Proof)
	}

	_, err := s.update(ctx, payment.SessionID, func(p *Purchase) error {
		p.RecordAnswer(payment.ID, answer, s.now())
		return nil
	})
	return err
}

// settle records a proof. When a payment of another purchase has the transaction
// by its hash alone, that payment gives it up to the payment whose code was paid;
// otherwise the proof is recorded as contested.
func (s *Service) settle(ctx context.Context, payment Payment, proof Proof) error {
	proof.BankReferences = s.ProviderInfo(payment.Provider).BankReferences(proof.Raw)
	settle := func(p *Purchase) Outcome { return p.Settle(payment.ID, proof, s.now()) }
	for range settleTries {
		err := s.recordProof(ctx, payment, proof, settle)
		if !errors.Is(err, ErrTransactionReused) {
			return err
		}

		holder, err := s.store.PaymentByTransaction(ctx, payment.account(), proof)
		if errors.Is(err, ErrNotFound) {
			continue // it was given up meanwhile
		}
		if err != nil {
			return err
		}
		if proof.Source == SourceHash || holder.Proof.Source != SourceHash {
			return s.recordProof(ctx, payment, proof, func(p *Purchase) Outcome { return p.conflict(payment.ID, proof, holder, s.now()) })
		}
		if _, err := s.update(ctx, holder.SessionID, func(p *Purchase) error {
			p.GiveUp(holder.ID, proof.TransactionID, s.now())
			return nil
		}); err != nil {
			return err
		}
	}

	return ErrTransactionReused
}

// settleTries bounds how often a transaction may move to another payment while
// a proof of it is recorded.
const settleTries = 3

// recordProof stores what becomes of a proof, and reports it once it is stored.
func (s *Service) recordProof(ctx context.Context, payment Payment, proof Proof, judge func(*Purchase) Outcome) error {
	var outcome Outcome
	_, err := s.update(ctx, payment.SessionID, func(p *Purchase) error {
		outcome = judge(p)
		return nil
	})
	if err != nil {
		return err
	}

	s.LogFor(ctx).Info("proof", "payment", payment.ID, "provider", payment.Provider, "source", proof.Source, "outcome", outcome)
	s.report(ObservedProof, payment.Provider, string(outcome), s.now().Sub(payment.CreatedAt))
	return nil
}
