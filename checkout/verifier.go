package checkout

import (
	"context"
	"errors"
	"sync"
	"time"
)

// The verifier asks providers whether payments were paid. Its questions are a
// budget:
//
//   - A payment is asked about by one replica at a time (a lease of 35 s), on
//     the schedule of schedule.go: every 2 to 5 s while a buyer looks, slower
//     while none does, and for a day after it closed, each time after half as
//     long again. One that could not be asked about in time stays due, and one
//     without a known answer is asked about without end, at least once a day.
//   - First come those whose buyers say "I have paid", then those that are
//     looked at, then the newest, then the closed. Where the provider takes
//     lists, one question fills up with all that is due, in that order.
//   - A rate a second holds for all replicas together. A question that fails
//     pauses its own payment. The account rests when its provider says so, or
//     when questions about three payments in a row get no answer: for 1 s, 2 s,
//     4 s, while one question at a time probes it. An answer that came and
//     cannot be used (Answer.Odd) says nothing of the account: its payment alone
//     rests, for 5 s, 10 s … a minute. Payments that fail in a list are asked
//     about in ever shorter ones (Question.Together).
//   - A daily allowance, set or learnt, is spread over the day of Indochina:
//     what is left of it, over what is left of the day. After a quiet time a
//     twelfth of it may be asked in a row for buyers who look, half of that for
//     the rest, one for a list that is not half full. A tenth is kept for who
//     says "I have paid": its share of the day so far. A twentieth is set aside
//     for looking up transaction hashes; see HashLookup. Payments are then not asked about
//     in their first 20 s (60 s when only one question is in hand), nor again
//     within 30 s. When the provider says that the limit is reached, a single
//     question probes after 5 minutes, then after twice as long each time, up to
//     an hour, until one is answered or the day ends (limit.go).
//   - A buyer who looks at a payment that could not be asked about for 30 s is
//     told (Payment.Delayed).
const (
	verifierTick    = 500 * time.Millisecond
	questionTimeout = 15 * time.Second
	leaseFor        = questionTimeout + 5*time.Second
	questionsAtOnce = 16
	appliedTogether = 8 // answers of a list: the store commits them together, and buyers wait for no more of them
	overdueBatch    = 200
	faultRest       = 10 * time.Second // after a panic in the verifier, or in what an account's questions take
)

// Run asks providers about payments and ends what has run out, until ctx ends;
// then it waits for the questions under way. Everything it needs is in the
// store, so it goes on where a stopped or crashed process left off, and several
// replicas may run at once.
func (s *Service) Run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	defer s.asking.Wait()

	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-s.wake:
		}

		next, err := s.containedTick(ctx)
		if err != nil && ctx.Err() == nil {
			s.logFor(ctx).Error("verifier", "error", err)
		}

		now := time.Now()
		s.ticked.Store(&now)
		timer.Reset(next)
	}
}

// containedTick is tick with a pause after a panic.
func (s *Service) containedTick(ctx context.Context) (next time.Duration, err error) {
	next = faultRest
	defer Contain(s.log, "verifier", &err)
	return s.tick(ctx)
}

// wakeVerifier makes Run look at once.
func (s *Service) wakeVerifier() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Tick does what is due now: notes who is looking, ends what has run out and
// sends off the questions that are due, without waiting for their answers.
func (s *Service) Tick(ctx context.Context) error {
	_, err := s.tick(ctx)
	return err
}

// tick tells besides when to look again.
func (s *Service) tick(ctx context.Context) (next time.Duration, err error) {
	err = errors.Join(s.handleClockSetBack(ctx), s.flushViews(ctx), s.expireDue(ctx), s.doubtDue(ctx))
	next, failed := s.askDue(ctx)
	return next, errors.Join(err, failed)
}

// aheadBy is how far ahead something may be before the clock counts as set
// back: what is nearer comes soon by itself.
const aheadBy = time.Minute

// handleClockSetBack takes back what was put off by a clock that has been set back
// since, perhaps before this process began.
func (s *Service) handleClockSetBack(ctx context.Context) error {
	now := s.now()
	before := s.clock.Load()
	if before == nil || before.Sub(now) > aheadBy {
		if before != nil {
			s.log.Warn("the clock was set back", "by", before.Sub(now))
		}

		if err := s.store.ClockSetBack(ctx, now, now.Add(aheadBy), midnight(now)); err != nil {
			return err
		}
	}

	s.clock.Store(&now)
	return nil
}

// Wait returns when the questions sent off are answered.
func (s *Service) Wait() { s.asking.Wait() }

func (s *Service) expireDue(ctx context.Context) error {
	now := s.now()
	due, err := s.store.Overdue(ctx, now, now.Add(-expiryGrace), overdueBatch)
	failures := make(chan error, len(due))
	for _, id := range due { // all at once: the store commits them together
		go func() {
			var failed error
			defer func() { failures <- failed }()
			defer Contain(s.log, "verifier", &failed)
			_, failed = s.update(ctx, id, func(p *Purchase) error {
				p.Expire(s.now())
				return nil
			})
		}()
	}

	for range due {
		err = errors.Join(err, <-failures)
	}

	return err
}

// Apply records what a provider answered about a payment: a proof is settled,
// anything else is heard.
func (s *Service) Apply(ctx context.Context, payment Payment, answer Answer) error {
	if answer.Verdict == VerdictUnknown {
		s.logFor(ctx).Warn("provider gave no answer", "provider", payment.Provider, "payment", payment.ID, "reason", answer.Reason, "cause", answer.Cause)
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

// settle records a proof. When another purchase's payment has the transaction
// by its hash alone, it gives it up to the payment whose code was paid;
// otherwise the proof is recorded as contested.
func (s *Service) settle(ctx context.Context, payment Payment, proof Proof) error {
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

// settleTries bounds how often a transaction may change hands while a proof for
// it is recorded.
const settleTries = 3

// recordProof keeps what becomes of a proof.
func (s *Service) recordProof(ctx context.Context, payment Payment, proof Proof, judge func(*Purchase) Outcome) error {
	var outcome Outcome
	_, err := s.update(ctx, payment.SessionID, func(p *Purchase) error {
		outcome = judge(p)
		return nil
	})
	if err == nil {
		s.logFor(ctx).Info("proof", "payment", payment.ID, "provider", payment.Provider, "source", proof.Source, "outcome", outcome)
	}
	return err
}

// viewMarks collects, between two ticks, which payments buyers are looking at.
type viewMarks struct {
	mu       sync.Mutex
	payments map[string]struct{}
}

// MarkViewed notes that a buyer's page shows a payment. It writes nothing: the
// next tick does, once for all.
func (s *Service) MarkViewed(paymentID string) {
	s.viewMarks.mu.Lock()
	defer s.viewMarks.mu.Unlock()
	if s.viewMarks.payments == nil {
		s.viewMarks.payments = map[string]struct{}{}
	}
	s.viewMarks.payments[paymentID] = struct{}{}
}

func (s *Service) flushViews(ctx context.Context) error {
	s.viewMarks.mu.Lock()
	seen := s.viewMarks.payments
	s.viewMarks.payments = nil
	s.viewMarks.mu.Unlock()
	if len(seen) == 0 {
		return nil
	}

	ids := make([]string, 0, len(seen))
	for id := range seen {
		ids = append(ids, id)
	}

	if err := s.store.Watch(ctx, ids, s.now(), slowWatchedPace); err != nil {
		return err
	}

	return s.delay(ctx, ids)
}

// delay marks those of the payments looked at that could not be asked about.
func (s *Service) delay(ctx context.Context, ids []string) error {
	waiting, err := s.store.KeptWaiting(ctx, ids, s.now().Add(-delayedAfter))
	for _, payment := range waiting {
		_, failed := s.update(ctx, payment.SessionID, func(p *Purchase) error {
			p.Delay(payment.ID, s.now())
			return nil
		})
		err = errors.Join(err, failed)
	}
	return err
}
