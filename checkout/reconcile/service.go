// Package reconcile compares the payments of a day with the providers' records.
//
// Money is recorded as always: a payment about which a report needs an answer is made due,
// the verifier queries its provider, and the proof decides. A provider's list of orders
// proves nothing by itself.
package reconcile

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rieltime/checkout"
	"rieltime/internal/cambodia"
)

// clockSlack is how far a provider's clock may be from ours: an order may be of the
// day before or after our payment's.
const clockSlack = time.Hour

// Store has the payments, and keeps the reports.
type Store interface {
	// PaymentsOf lists an account's payments created from one time up to another.
	PaymentsOf(ctx context.Context, account checkout.Account, from, to time.Time) ([]checkout.Payment, error)

	// MakeDue makes the next query about payments without a proof due at now.
	MakeDue(ctx context.Context, paymentIDs []string, now time.Time) error

	// CountUnqueried counts those payments without a proof that were not queried since.
	CountUnqueried(ctx context.Context, paymentIDs []string, since time.Time) (int, error)

	// SaveReport stores a report in place of the one of the same account and day, whose
	// explanation it keeps while the differences are the same.
	SaveReport(ctx context.Context, report Report) error

	// ExplainReport stores what a person says about a report with differences. It is an
	// error of kind conflict when the report has an explanation by now, or no differences.
	ExplainReport(ctx context.Context, key Key, explanation Explanation) error
}

// Service makes reports.
type Service struct {
	store    Store
	provider func(name string) checkout.Provider
	now      func() time.Time
}

// NewService returns a service. provider returns a provider by its name.
func NewService(store Store, provider func(name string) checkout.Provider, now func() time.Time) *Service {
	return &Service{store, provider, now}
}

// AskAgainAfter is how old an answer about a payment must be before it is asked about again,
// however often somebody compares: queries are of the buyers' allowance.
const AskAgainAfter = 10 * time.Minute

// Request is what to compare.
type Request struct {
	Day cambodia.Day

	// AnsweredSince: payments about which there was an answer since then are not asked
	// about again. Zero: all without money are asked about.
	AnsweredSince time.Time

	Wait time.Duration // for answers, at most
}

// Accounts compares a day of some accounts and stores the reports. With an error it
// returns those that could be made.
func (s *Service) Accounts(ctx context.Context, accounts []checkout.Account, request Request) (reports []Report, failed error) {
	var days []*accountDay
	var asked []string
	started := s.now()
	for _, account := range accounts {
		day, err := s.read(ctx, account, request)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s, %s: %w", account.MerchantID, account.ID, err))
			continue
		}
		days, asked = append(days, day), append(asked, day.asked...)
	}

	if err := s.ask(ctx, asked, started, request.Wait); err != nil {
		return nil, errors.Join(failed, err)
	}

	reports = []Report{}
	for _, day := range days {
		report, err := s.report(ctx, day)
		if err == nil {
			err = s.store.SaveReport(ctx, report)
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s, %s: %w", day.account.MerchantID, day.account.ID, err))
			continue
		}
		reports = append(reports, report)
	}
	return reports, failed
}

// accountDay is what is known of an account's day before anything is asked.
type accountDay struct {
	account       checkout.Account
	day           cambodia.Day
	means         Means
	answeredSince time.Time
	theirs        []checkout.Order
	paid          map[string]bool // references of theirs that have money
	unpaid        map[string]bool // our payments that had no proof
	asked         []string        // those of them that are to be queried
}

func (d *accountDay) bounds() (from, to time.Time) { return d.day.Begin(), (d.day + 1).Begin() }

func (d *accountDay) includes(payment checkout.Payment) bool {
	return cambodia.DayOf(payment.CreatedAt) == d.day
}

// answered reports whether an answer that is new enough came about a payment.
func (d *accountDay) answered(payment checkout.Payment) bool {
	return payment.Proof != nil || !payment.CheckedAt.Before(d.answeredSince) && !payment.Doubtful
}

// read reads both sides' records, and chooses what to ask about.
func (s *Service) read(ctx context.Context, account checkout.Account, request Request) (*accountDay, error) {
	provider := s.provider(account.Provider)
	if provider == nil {
		return nil, fmt.Errorf("there is no provider %q", account.Provider)
	}

	day := &accountDay{account: account, day: request.Day, means: MeansOf(provider), answeredSince: request.AnsweredSince, paid: map[string]bool{}, unpaid: map[string]bool{}}
	if day.answeredSince.IsZero() {
		day.answeredSince = s.now()
	}

	if lister, lists := provider.(checkout.OrderLister); lists {
		var err error
		from, to := day.bounds()
		if day.theirs, err = lister.Orders(ctx, account, from, to); err != nil {
			return nil, err
		}
		for _, order := range day.theirs {
			day.paid[order.Reference] = day.paid[order.Reference] || order.Paid
		}
	}

	payments, err := s.payments(ctx, day)
	for _, payment := range payments {
		if payment.Proof == nil {
			day.unpaid[payment.ID] = true
		}
		if day.asksAbout(payment) {
			day.asked = append(day.asked, payment.ID)
		}
	}
	return day, err
}

// asksAbout reports whether a query can say something about a payment: that it was
// paid, where the provider's list says so, or whatever a provider without lists knows.
func (d *accountDay) asksAbout(payment checkout.Payment) bool {
	if payment.Proof != nil {
		return false
	}

	switch d.means {
	case ByList:
		return d.paid[payment.Reference]
	case ByQueries:
		return d.includes(payment) && !d.answered(payment)
	}
	return false
}

func (s *Service) payments(ctx context.Context, day *accountDay) ([]checkout.Payment, error) {
	from, to := day.bounds()
	return s.store.PaymentsOf(ctx, day.account, from.Add(-clockSlack), to.Add(clockSlack))
}

const askedEvery = 200 * time.Millisecond

// ask has payments queried by the verifier, and waits for that at most so long.
func (s *Service) ask(ctx context.Context, paymentIDs []string, since time.Time, wait time.Duration) error {
	if len(paymentIDs) == 0 {
		return nil
	}
	if err := s.store.MakeDue(ctx, paymentIDs, s.now()); err != nil {
		return err
	}

	look := time.NewTicker(askedEvery)
	defer look.Stop()
	over := time.After(wait)
	for {
		left, err := s.store.CountUnqueried(ctx, paymentIDs, since)
		if err != nil || left == 0 {
			return err
		}
		select {
		case <-look.C:
		case <-over:
			return nil // the report says what is unanswered
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// report compares the two sides, with what was learnt meanwhile.
func (s *Service) report(ctx context.Context, day *accountDay) (Report, error) {
	payments, err := s.payments(ctx, day)
	if err != nil {
		return Report{}, err
	}

	from, to := day.bounds()
	report := Report{
		Merchant: day.account.MerchantID, Mode: day.account.Mode, Account: day.account.ID, Provider: day.account.Provider,
		Day: day.day, Means: day.means, MadeAt: s.now(), Found: []checkout.Order{},
	}
	ours := make([]checkout.Order, len(payments))
	matched := 0
	for i, payment := range payments {
		ours[i] = checkout.OrderOf(payment)
		if payment.Proof != nil && day.unpaid[payment.ID] {
			report.Found = append(report.Found, ours[i])
		}
		if !day.includes(payment) || day.means == ByList {
			continue
		}
		if payment.Proof != nil || day.means == ByQueries && day.answered(payment) {
			matched++
		} else {
			report.Unanswered++
		}
	}

	if day.means == ByList {
		report.Reconciliation = checkout.Reconcile(from, to, ours, day.theirs)
		return report, nil
	}
	report.Reconciliation = checkout.Reconcile(from, to, nil, nil)
	report.Matched = matched
	return report, nil
}

const maxNote = 500 // characters of an explanation

// Explain stores what a person says about a report's differences. It settles nothing.
func (s *Service) Explain(ctx context.Context, key Key, note string) error {
	if note == "" {
		return checkout.Invalidf("note", "note_missing", "Say why.")
	}
	if err := checkout.CheckLabel("note", note, maxNote); err != nil {
		return err
	}
	return s.store.ExplainReport(ctx, key, Explanation{Note: note, By: checkout.ActorOf(ctx), At: s.now()})
}
