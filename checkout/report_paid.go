package checkout

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
)

// clockSkew is how far a provider's clock may be behind ours.
const clockSkew = 30 * time.Second

// ErrReferencesRefused is a reference of a bank that cannot be looked up, because the
// provider does not take such queries.
var ErrReferencesRefused = &Error{Kind: KindConflict, Code: "references_refused", Param: "hash", Detail: "References of banks cannot be looked up at the moment. Enter the transaction hash instead."}

// NamesTransaction reports whether a hash, full or short, is of money that is
// recorded already.
func (p *Purchase) NamesTransaction(hash string) bool {
	return slices.ContainsFunc(p.Payments, func(payment Payment) bool {
		return payment.Proof != nil && strings.HasPrefix(payment.Proof.TransactionID, hash)
	})
}

// NamesReference reports whether a bank's reference is of money that is recorded already.
// info describes the provider of an account.
func (p *Purchase) NamesReference(info ProviderInfo, accountID, reference string) bool {
	return slices.ContainsFunc(p.Payments, func(payment Payment) bool {
		return payment.AccountID == accountID && payment.Proof != nil &&
			slices.ContainsFunc(info.BankReferences(payment.Proof.Raw), func(known string) bool { return strings.EqualFold(known, reference) })
	})
}

// OfferedBy lists the attempts that a buyer could have paid to an account, the
// newest first.
func (p *Purchase) OfferedBy(accountID string) (offered []Payment) {
	for _, payment := range slices.Backward(p.Payments) {
		if payment.AccountID == accountID && payment.NextAction.Kind != ActionNone {
			offered = append(offered, payment)
		}
	}
	return offered
}

// Claimable returns the first of offered that money found by its hash could be
// for: one whose amount and payee fit, made before the money was moved, as far
// as the provider says when that was.
func (p *Purchase) Claimable(offered []Payment, proof Proof) (Payment, bool) {
	if p.recorded(proof) != nil {
		return Payment{}, false
	}
	at := slices.IndexFunc(offered, func(payment Payment) bool {
		return fits(payment, proof) && (proof.PaidAt.IsZero() || !proof.PaidAt.Before(payment.CreatedAt.Add(-clockSkew)))
	})
	if at < 0 {
		return Payment{}, false
	}
	return offered[at], true
}

// HashCheckerOf returns what knows hashes among the attempts that a buyer could have paid,
// the newest first, with its account; nil when nothing does.
func (s *Service) HashCheckerOf(ctx context.Context, purchase Purchase) (Account, HashChecker, error) {
	for _, payment := range slices.Backward(purchase.Payments) {
		if checker, can := s.providers[payment.Provider].(HashChecker); can && payment.NextAction.Kind != ActionNone {
			account, err := s.store.Account(ctx, payment.AccountID)
			return account, checker, err
		}
	}
	return Account{}, nil, nil
}

// FindsReferences reports whether the money of a purchase can be found by a bank's
// reference now, besides by its hash.
func (s *Service) FindsReferences(ctx context.Context, purchase Purchase) (bool, error) {
	account, checker, err := s.HashCheckerOf(ctx, purchase)
	references, can := checker.(ReferenceChecker)
	if err != nil || !can {
		return false, err
	}
	kinds, err := Contained(s.LogFor(ctx), account.Provider, func() ([]string, error) {
		kinds, _ := references.ReferenceKinds(account)
		return kinds, nil
	})
	return len(kinds) > 0, err
}

// MarkReportedPaid records that a session's buyer says "I have paid": the latest
// attempt is due at once.
func (s *Service) MarkReportedPaid(ctx context.Context, sessionID string) (Purchase, error) {
	purchase, err := s.update(ctx, sessionID, func(p *Purchase) error {
		if latest := p.Latest(); latest != nil {
			p.ReportPaid(latest.ID, s.now())
		}
		return nil
	})
	if err == nil {
		s.signalDue()
	}
	return purchase, err
}

// WakePayments makes payments of a session due at once.
func (s *Service) WakePayments(ctx context.Context, sessionID string, payments []Payment) error {
	_, err := s.update(ctx, sessionID, func(p *Purchase) error {
		for _, payment := range payments {
			p.Wake(payment.ID, s.now())
		}
		return nil
	})
	s.signalDue()
	return err
}

// RecordClaim records money that a hash or a bank's reference names, unless it is known by
// now to be another payment's.
func (s *Service) RecordClaim(ctx context.Context, payment Payment, proof Proof) (Purchase, error) {
	proof.Reference = payment.Reference
	holder, err := s.store.PaymentByTransaction(ctx, payment.account(), proof)
	switch {
	case err == nil && holder.Proof.Source != SourceHash:
		s.LogFor(ctx).Warn("a hash names the transaction of another payment", "payment", payment.ID, "paid", holder.ID)
	case err == nil || errors.Is(err, ErrNotFound):
		if err := s.settle(ctx, payment, proof); err != nil {
			return Purchase{}, err
		}

	default:
		return Purchase{}, err
	}

	return s.store.Purchase(ctx, payment.SessionID)
}
