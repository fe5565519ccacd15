package checkout

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
)

// PaidParams is what a buyer says under "I have paid".
type PaidParams struct {
	Hash    string // of the transaction, as the bank's receipt shows it; may be empty
	Address string // the buyer's, for bounds on hashes
}

// HashLookup is one question about a transaction hash, with its bounds. A hash
// costs nothing to make up, so that look-ups are few, whoever asks for them.
type HashLookup struct {
	AccountID, SessionID, Address string
	At, Day                       time.Time // now, and the beginning of the day that PerDay counts

	PerSession int // for the session
	PerHour    int // from the address
	PerMinute  int // to the account
	PerDay     int // to the account; negative is unlimited
}

// Bounds of hash look-ups.
const (
	hashesPerSession = 3
	hashesPerHour    = 6
	hashesPerMinute  = 12

	// HashLookupsKeptFor is how long a look-up is counted: longer than any
	// session is open.
	HashLookupsKeptFor = 48 * time.Hour
)

// The errors of hashes. The payment itself goes on being asked about.
var (
	ErrHashInvalid  = &Error{Kind: KindInvalid, Code: "hash_invalid", Param: "hash", Detail: "A transaction hash has 8 or 64 characters: digits and the letters a to f."}
	ErrHashTooOften = &Error{Kind: KindRateLimited, Code: "hash_too_often", Param: "hash", Detail: "No more transaction hashes can be looked up for now. Your payment is looked for without one.", RetryAfter: time.Hour}
)

// ReportPaid is the buyer's "I have paid": the latest attempt is asked about at
// once. A transaction hash has all attempts of this session asked about by
// their own codes. When it names money that none of them was paid by, that is
// recorded as claimed, for the merchant to decide about: it completes nothing.
func (s *Service) ReportPaid(ctx context.Context, sessionID string, params PaidParams) (Purchase, error) {
	purchase, err := s.update(ctx, sessionID, func(p *Purchase) error {
		if latest := p.Latest(); latest != nil {
			p.ReportPaid(latest.ID, s.now())
		}
		return nil
	})
	if err != nil {
		return purchase, err
	}

	s.wakeVerifier()
	if params.Hash == "" {
		return purchase, nil
	}

	return s.claimByHash(ctx, purchase, params)
}

// claimByHash looks a transaction up for the account of the newest attempt
// whose provider knows hashes.
func (s *Service) claimByHash(ctx context.Context, purchase Purchase, params PaidParams) (Purchase, error) {
	account, checker, err := s.hashChecker(ctx, purchase)
	if err != nil || checker == nil {
		return purchase, err
	}
	if !checker.IsHash(params.Hash) {
		return purchase, ErrHashInvalid
	}
	if purchase.names(params.Hash) {
		return purchase, nil
	}
	if err := s.allowHash(ctx, account, purchase.Session.ID, params.Address); err != nil {
		return purchase, err
	}

	offered := purchase.offeredBy(account.ID)
	if err := s.wakeAll(ctx, purchase.Session.ID, offered); err != nil {
		return purchase, err
	}

	// The provider's answer is recorded even when the buyer has gone.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
	defer cancel()

	proof := s.lookUp(ctx, checker, account, offered[len(offered)-1], params.Hash)
	if proof == nil || purchase.recorded(*proof) != nil {
		return purchase, nil
	}

	at := slices.IndexFunc(offered, func(payment Payment) bool { return fits(payment, *proof) && madeAfter(payment, *proof) })
	if at < 0 {
		return purchase, nil
	}

	s.askOwnCodes(ctx, account, offered)
	return s.recordClaim(ctx, offered[at], *proof)
}

// names reports whether a hash, full or short, is of money recorded already.
func (p *Purchase) names(hash string) bool {
	return slices.ContainsFunc(p.Payments, func(payment Payment) bool {
		return payment.Proof != nil && strings.HasPrefix(payment.Proof.TransactionID, hash)
	})
}

// wakeAll has attempts asked about by their own codes at once.
func (s *Service) wakeAll(ctx context.Context, sessionID string, attempts []Payment) error {
	_, err := s.update(ctx, sessionID, func(p *Purchase) error {
		for _, attempt := range attempts {
			p.Wake(attempt.ID, s.now())
		}
		return nil
	})
	s.wakeVerifier()
	return err
}

// hashChecker finds what knows hashes among the attempts that the buyer could
// have paid; nil when nothing does.
func (s *Service) hashChecker(ctx context.Context, purchase Purchase) (Account, HashChecker, error) {
	for _, payment := range slices.Backward(purchase.Payments) {
		if payment.NextAction.Kind == ActionNone {
			continue
		}
		provider, account, err := s.providerOf(ctx, payment)
		if checker, can := provider.(HashChecker); can || err != nil {
			return account, checker, err
		}
	}
	return Account{}, nil, nil
}

// offeredBy lists the attempts that a buyer could have paid to an account, the
// newest first.
func (p *Purchase) offeredBy(accountID string) (offered []Payment) {
	for _, payment := range slices.Backward(p.Payments) {
		if payment.AccountID == accountID && payment.NextAction.Kind != ActionNone {
			offered = append(offered, payment)
		}
	}
	return offered
}

// allowHash counts a look-up against its bounds. It takes nothing of what is
// kept for payments: not of the rate, and of a daily allowance only the share
// that is set aside for hashes.
func (s *Service) allowHash(ctx context.Context, account Account, sessionID, address string) error {
	lookup := HashLookup{
		AccountID: account.ID, SessionID: sessionID, Address: address, At: s.now(), Day: midnight(s.now()),
		PerSession: hashesPerSession, PerHour: hashesPerHour, PerMinute: hashesPerMinute, PerDay: -1,
	}

	paused := false
	err := s.store.UpdateQuota(ctx, account.ID, func(m *Quota) {
		paused = lookup.At.Before(m.PausedUntil)
		if allowance := m.allowance(budgetOf(s.providers[account.Provider], account)); allowance > 0 {
			lookup.PerDay = hashLookups(allowance)
		}
	})
	if err != nil {
		return err
	}
	if paused {
		return ErrHashTooOften
	}

	allowed, err := s.store.AllowHashLookup(ctx, lookup)
	if err == nil && !allowed {
		return ErrHashTooOften
	}

	return err
}

// lookUp asks for the transaction of a hash; nil when there is none that could
// be for the payment.
func (s *Service) lookUp(ctx context.Context, checker HashChecker, account Account, payment Payment, hash string) *Proof {
	ctx, span := startSpan(ctx, "look a transaction up", payment)
	answer := s.answerOf(ctx, payment.Provider, func() Answer { return checker.CheckHash(ctx, account, payment, hash) })
	endSpan(span, verdictsOf(answer)...)
	s.applyBackoff(ctx, account.ID, []Answer{answer})
	if answer.Verdict != VerdictPaid || answer.Proof == nil {
		return nil
	}
	answer.Proof.Source = SourceHash
	return answer.Proof
}

// codesAskedAtOnce bounds the questions that one hash leads to.
const codesAskedAtOnce = 5

// askOwnCodes asks about the newest attempts by their own codes, as far as the
// budget goes. What it leaves out is asked about later, like every attempt.
func (s *Service) askOwnCodes(ctx context.Context, account Account, offered []Payment) {
	provider := s.providers[account.Provider]
	querier, can := provider.(Querier)
	if !can {
		return
	}

	for _, payment := range offered[:min(len(offered), codesAskedAtOnce)] {
		if payment.Proof != nil {
			continue
		}
		if ok, err := s.spend(ctx, account.ID, budgetOf(provider, account), priorityReported); err != nil || !ok {
			return
		}

		answer := s.answerOf(ctx, payment.Provider, func() Answer { return querier.QueryPayment(ctx, account, payment) })
		s.applyBackoff(ctx, account.ID, []Answer{answer})
		s.record(ctx, payment, answer)
	}
}

// recordClaim records money that a hash names, unless it is known by now to be
// another payment's.
func (s *Service) recordClaim(ctx context.Context, payment Payment, proof Proof) (Purchase, error) {
	proof.Reference = payment.Reference
	holder, err := s.store.PaymentByTransaction(ctx, payment.account(), proof)
	switch {
	case err == nil && holder.Proof.Source != SourceHash:
		s.logFor(ctx).Warn("a hash names the transaction of another payment", "payment", payment.ID, "paid", holder.ID)
	case err == nil || errors.Is(err, ErrNotFound):
		if err := s.settle(ctx, payment, proof); err != nil {
			return Purchase{}, err
		}

	default:
		return Purchase{}, err
	}

	return s.store.Purchase(ctx, payment.SessionID)
}

// madeAfter reports whether money was moved after the attempt began, as far as
// the provider says: an older transaction of the same amount was for something
// else.
func madeAfter(payment Payment, proof Proof) bool {
	return proof.PaidAt.IsZero() || !proof.PaidAt.Before(payment.CreatedAt.Add(-clockSkew))
}

// clockSkew is how far a provider's clock may be behind ours.
const clockSkew = 30 * time.Second
