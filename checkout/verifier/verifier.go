// Package verifier queries providers about payments until the end of each is
// known. It decides what to query when; what an answer means is the rules' of
// package checkout.
//
// Queries are a budget:
//
//   - One replica at a time queries a payment (a lease of 20 s), on the schedule
//     of checkout/schedule.go: every 2 to 5 s while a buyer views it, more slowly
//     while nobody does, and for a day after it closed, each time after half as
//     long again. A payment that could not be queried in time stays due, and one
//     without a known answer is queried without end, at least once a day.
//   - First come payments whose buyers say "I have paid", then those that are
//     viewed, each in turn, then the newest, then the closed ones. Where a provider takes
//     lists, one query fills up with all that is due, in that order.
//   - A rate per second holds for all replicas together.
//   - A daily allowance, set or learned, is spread over the day in Cambodia
//     (quota.go). Under an allowance a payment is not queried in its first 20 s
//     (60 s when only one query is in hand), nor within 30 s of the last query.
//   - A buyer who views a payment that could not be queried for 30 s is shown that
//     (checkout.Payment.Delayed), within the 8 s after which a view is stored again.
//
// What fails is queried less, and each reason for that has one place:
//
//   - A payment whose query failed pauses alone, for 5 s; while the answers cannot
//     be used (checkout.Answer.Odd), for 5 s, 10 s … a minute. That is part of the
//     schedule of payments (checkout/schedule.go). Payments that fail in a list are
//     queried in ever shorter lists (Batch.Together).
//   - An account pauses until Quota.PausedUntil, in the store for all replicas. Its
//     provider may ask for that (checkout.Answer.PauseUntil), and the circuit
//     breaker does after queries about three payments in a row failed: for 1 s,
//     2 s, 4 s, while one query at a time probes it (breaker.go). An answer that
//     cannot be used says nothing about the account.
//   - When the provider says that the day's limit is reached, single queries probe
//     it (daily_limit.go).
//   - A transaction that a buyer names (hash.go) and that cannot be looked up now is
//     kept with the session and looked up again: after at most 5 s, 10 s, 20 s …
//     five minutes, for a day (kept_claims.go).
//
// This is the only circuit breaker of queries. Bakong's client pauses by itself,
// for each deployment, its deep links (linkPause), queries by list (listPause) and
// token renewals (providers/bakong). The start of a payment is never held back: it
// is bounded in time, and a method that keeps failing is offered last
// (checkout/failing_methods.go).
package verifier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"rieltime/checkout"
	"rieltime/internal/cambodia"
)

const (
	tickInterval = 500 * time.Millisecond
	errorPause   = time.Second      // after a round that failed, as while the database fails over
	faultPause   = 10 * time.Second // after a panic in the verifier, or in what prepares an account's queries

	queryTimeout  = 15 * time.Second
	leaseFor      = queryTimeout + 5*time.Second
	queriesAtOnce = 16
)

// Config is what a Verifier is made of. Log and Observe may be left out.
type Config struct {
	Service *checkout.Service
	Store   Store
	Log     *slog.Logger
	Observe func(checkout.Observation) // receives checkout.ObservedAnswer
}

// Verifier queries providers. Everything that it needs to know is in the store,
// so it continues where a stopped or crashed process left off, and several
// replicas may run at once.
type Verifier struct {
	service *checkout.Service
	store   Store
	log     *slog.Logger
	observe func(checkout.Observation)

	slots    chan struct{} // one for each query in flight
	full     atomic.Bool   // a query waits for a slot
	freed    chan struct{} // receives when that slot is free
	inFlight sync.WaitGroup
	breakers breakers
	views    views
	claiming atomic.Bool // kept claims are being looked up

	clock   atomic.Pointer[time.Time] // at the last tick
	doubted atomic.Pointer[time.Time] // when reviewUnanswered last ran
	ticked  atomic.Pointer[time.Time] // when Run last completed a tick
}

// New makes a Verifier.
func New(config Config) *Verifier {
	v := &Verifier{
		service: config.Service, store: config.Store, log: config.Log, observe: config.Observe,
		slots: make(chan struct{}, queriesAtOnce), freed: make(chan struct{}, 1),
	}
	if v.log == nil {
		v.log = slog.New(slog.DiscardHandler)
	}
	return v
}

// Run queries providers and ends what has run out of time until ctx ends; then
// it waits for the queries in flight.
func (v *Verifier) Run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	defer v.inFlight.Wait()

	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-v.freed:
		case <-v.service.Due():
		}

		next, err := v.containedTick(ctx)
		if err != nil && ctx.Err() == nil {
			v.log.Error("verifier", "error", err)
			next = max(next, errorPause)
		}

		now := time.Now()
		v.ticked.Store(&now)
		timer.Reset(next)
	}
}

// Alive returns why nobody queries providers; nil when Run completed a tick
// within that time.
func (v *Verifier) Alive(within time.Duration) error {
	at := v.ticked.Load()
	if at == nil {
		return errors.New("the verifier has not run yet")
	}
	if idle := time.Since(*at); idle > within {
		return fmt.Errorf("the verifier has not run for %s", idle.Round(time.Second))
	}
	return nil
}

// containedTick is tick with a pause after a panic.
func (v *Verifier) containedTick(ctx context.Context) (next time.Duration, err error) {
	next = faultPause
	defer checkout.Contain(v.log, "verifier", &err)
	return v.tick(ctx)
}

// Tick does what is due now: it stores which payments are viewed, ends what has
// run out of time and sends the queries that are due, without waiting for their
// answers.
func (v *Verifier) Tick(ctx context.Context) error {
	_, err := v.tick(ctx)
	return err
}

// Wait returns when the queries in flight are answered.
func (v *Verifier) Wait() { v.inFlight.Wait() }

// tick also returns when the next tick is needed.
func (v *Verifier) tick(ctx context.Context) (next time.Duration, err error) {
	err = errors.Join(v.handleClockSetBack(ctx), v.storeViews(ctx), v.expireOverdue(ctx), v.reviewUnanswered(ctx), v.lookUpKeptClaims(ctx))
	next, failed := v.queryDue(ctx)
	return next, errors.Join(err, failed)
}

// aheadBy is how far ahead something may be before the clock counts as set
// back: what is nearer comes soon by itself.
const aheadBy = time.Minute

// handleClockSetBack makes due what was put off by a clock that has been set
// back since, perhaps before this process started.
func (v *Verifier) handleClockSetBack(ctx context.Context) error {
	now := v.service.Now()
	before := v.clock.Load()
	if before == nil || before.Sub(now) > aheadBy {
		if before != nil {
			v.log.Warn("the clock was set back", "by", before.Sub(now))
		}

		if err := v.store.ClockSetBack(ctx, now, now.Add(aheadBy), cambodia.Midnight(now)); err != nil {
			return err
		}
	}

	v.clock.Store(&now)
	return nil
}
