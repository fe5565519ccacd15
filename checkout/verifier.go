package checkout

import (
	"context"
	"errors"
	"sync"
	"time"
)

const (
	verifierTick = 500 * time.Millisecond
	leaseFor     = callTimeout + 5*time.Second
	claimAtOnce  = 64
	overdueBatch = 200
)

// Run asks providers about payments and ends what has run out, until ctx ends;
// then it waits for the questions under way. Everything it needs is in the
// store, so it goes on where a stopped or crashed process left off, and several
// replicas may run at once.
func (s *Service) Run(ctx context.Context) {
	ticker := time.NewTicker(verifierTick)
	defer ticker.Stop()
	defer s.asking.Wait()
	for {
		if err := s.Tick(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("verifier", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-s.wake:
		}
	}
}

// poke makes Run look at once.
func (s *Service) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Tick does what is due now: notes who is looking, ends what has run out and
// sends off the questions that are due, without waiting for their answers.
func (s *Service) Tick(ctx context.Context) error {
	return errors.Join(s.flushLooks(ctx), s.expireDue(ctx), s.askDue(ctx))
}

// Wait returns when the questions sent off are answered.
func (s *Service) Wait() { s.asking.Wait() }

func (s *Service) expireDue(ctx context.Context) error {
	due, err := s.store.Overdue(ctx, s.now(), overdueBatch)
	for _, id := range due {
		_, failed := s.update(ctx, id, func(p *Purchase) error {
			p.Expire(s.now())
			return nil
		})
		err = errors.Join(err, failed)
	}
	return err
}

func (s *Service) askDue(ctx context.Context) error {
	now := s.now()
	due, err := s.store.ClaimDue(ctx, now, now.Add(leaseFor), claimAtOnce)
	if err != nil {
		return err
	}
	for accountID, payments := range byAccount(due) {
		if err := s.askAccount(ctx, accountID, payments); err != nil {
			return err
		}
	}
	return nil
}

func byAccount(payments []Payment) map[string][]Payment {
	groups := map[string][]Payment{}
	for _, payment := range payments {
		groups[payment.AccountID] = append(groups[payment.AccountID], payment)
	}
	return groups
}

// askAccount sends off the questions to one account, in batches where it may,
// as far as its budget goes; the rest waits.
func (s *Service) askAccount(ctx context.Context, accountID string, payments []Payment) error {
	provider, account, err := s.providerOf(ctx, payments[0])
	if err != nil {
		return err
	}
	size := 1
	batcher, can := provider.(BatchQuerier)
	if can {
		size = max(1, batcher.BatchSize(account))
	}
	for len(payments) > 0 {
		ok, retryAt, err := s.store.TakeQuestion(ctx, accountID, budgetOf(provider, account), s.now())
		if err != nil {
			return err
		}
		if !ok {
			return s.store.Postpone(ctx, payments, retryAt)
		}
		batch := payments[:min(size, len(payments))]
		payments = payments[len(batch):]
		s.asking.Go(func() { s.ask(context.WithoutCancel(ctx), provider, account, batch) })
	}
	return nil
}

// ask puts one question and records its answers.
func (s *Service) ask(ctx context.Context, provider Provider, account Account, payments []Payment) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	answers := query(ctx, provider, account, payments)
	for i, answer := range answers {
		if !answer.PauseUntil.IsZero() {
			if err := s.store.PauseAccount(ctx, account.ID, answer.PauseUntil); err != nil {
				s.log.Error("pause account", "account", account.ID, "error", err)
			}
		}
		if err := s.Apply(context.WithoutCancel(ctx), payments[i], answer); err != nil {
			s.log.Error("record answer", "payment", payments[i].ID, "error", err)
		}
	}
}

// query asks about one payment, or several at once. A payment that is closed
// here is closed at the provider too, where the provider can.
func query(ctx context.Context, provider Provider, account Account, payments []Payment) []Answer {
	if len(payments) > 1 {
		return provider.(BatchQuerier).QueryPayments(ctx, account, payments)
	}
	if closer, can := provider.(Closer); can && payments[0].Status.Closed() {
		return []Answer{closer.ClosePayment(ctx, account, payments[0])}
	}
	return []Answer{provider.(Querier).QueryPayment(ctx, account, payments[0])}
}

// Apply records what a provider answered about a payment: a proof is settled,
// anything else is heard.
func (s *Service) Apply(ctx context.Context, payment Payment, answer Answer) error {
	if answer.Verdict == Unknown {
		s.log.Warn("provider gave no answer", "provider", payment.Provider, "payment", payment.ID, "reason", answer.Reason, "cause", answer.Cause)
	}
	if answer.Verdict == Paid && answer.Proof != nil {
		var outcome Outcome
		_, err := s.update(ctx, payment.SessionID, func(p *Purchase) error {
			outcome = p.Settle(payment.ID, *answer.Proof, s.now())
			return nil
		})
		if !errors.Is(err, ErrTransactionReused) {
			s.log.Info("proof", "payment", payment.ID, "provider", payment.Provider, "source", answer.Proof.Source, "outcome", outcome, "error", err)
			return err
		}
		s.log.Error("a transaction that settled another payment was offered again", "payment", payment.ID, "transaction", answer.Proof.TransactionID)
		answer = Answer{Verdict: Pending}
	}
	_, err := s.update(ctx, payment.SessionID, func(p *Purchase) error {
		p.Heard(payment.ID, answer, s.now())
		return nil
	})
	return err
}

// looks collects, between two ticks, which payments buyers are looking at.
type looks struct {
	mu       sync.Mutex
	payments map[string]struct{}
}

// Looked notes that a buyer's page shows a payment. It writes nothing: the
// next tick does, once for all.
func (s *Service) Looked(paymentID string) {
	s.looks.mu.Lock()
	defer s.looks.mu.Unlock()
	if s.looks.payments == nil {
		s.looks.payments = map[string]struct{}{}
	}
	s.looks.payments[paymentID] = struct{}{}
}

func (s *Service) flushLooks(ctx context.Context) error {
	s.looks.mu.Lock()
	seen := s.looks.payments
	s.looks.payments = nil
	s.looks.mu.Unlock()
	if len(seen) == 0 {
		return nil
	}
	ids := make([]string, 0, len(seen))
	for id := range seen {
		ids = append(ids, id)
	}
	return s.store.Watch(ctx, ids, s.now(), watchedPace)
}
