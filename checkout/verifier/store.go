package verifier

import (
	"context"
	"time"

	"rieltime/checkout"
)

// Store keeps what is due, for all replicas. It is safe for concurrent use and
// by several processes at once.
type Store interface {
	Account(ctx context.Context, id string) (checkout.Account, error)

	// DueAccounts lists the accounts, enabled or not, that have a payment due
	// and are neither paused nor held back by their rate at now; the one that
	// was not queried for longest comes first. Payments viewed since viewedSince
	// count as viewed.
	DueAccounts(ctx context.Context, now, viewedSince time.Time) ([]DueAccount, error)

	// LeaseDue selects the payments of the next query to an account and leases
	// them, so that nobody else queries them; none when none is due or the quota
	// refuses.
	LeaseDue(ctx context.Context, batch Batch) ([]checkout.Payment, error)

	// UpdateQuota lets change alter an account's quota, in one transaction.
	UpdateQuota(ctx context.Context, accountID string, change func(*Quota)) error

	// AllowHashLookup counts look-ups of a hash or a reference, if all of them are within
	// their bounds. Those of the session and of the address neither hold for claims that
	// were kept nor count their look-ups; but what a buyer enters while the account allows
	// none counts for the address as one, because it is then kept.
	AllowHashLookup(ctx context.Context, lookup HashLookup) (HashAllowance, error)

	// ClaimsDue lists sessions with kept claims that are due at now, or so far ahead that
	// the clock was set back since.
	ClaimsDue(ctx context.Context, now time.Time, limit int) (sessionIDs []string, err error)

	// MarkViewed notes that buyers view payments, and brings their next query
	// forward to at most pace after the last one, if there was one.
	MarkViewed(ctx context.Context, paymentIDs []string, now time.Time, pace time.Duration) error

	// Delayed lists up to limit of those of the payments that have been due since
	// before and neither were queried nor are marked as delayed.
	Delayed(ctx context.Context, paymentIDs []string, before time.Time, limit int) ([]checkout.Payment, error)

	// Overdue lists sessions with open payments whose time has passed, and open
	// sessions whose own time has: by now when none of their payments is queried
	// any more, by waited when one is.
	Overdue(ctx context.Context, now, waited time.Time, limit int) (sessionIDs []string, err error)

	// Unanswered lists sessions with payments that have been owed a known
	// answer since before and are under no review.
	Unanswered(ctx context.Context, before time.Time, limit int) (sessionIDs []string, err error)

	// ClockSetBack makes due what was made, queried, leased, closed, noticed or
	// reported later than ahead, by a clock that has been set back to now since,
	// ends the pauses of accounts that were queried then, counts look-ups of hashes
	// that were made then as made now, and frees idempotency keys without an answer
	// that were first used then; day is the one to count by.
	ClockSetBack(ctx context.Context, now, ahead, day time.Time) error
}

// DueAccount is an account with payments due.
type DueAccount struct {
	Quota        Quota
	ReportedPaid bool      // the buyer of one of them said "I have paid" since it was last queried
	ViewedAt     time.Time // when the oldest payment that a buyer views was made; zero when there is none
}

// Batch selects the payments of one query: those that are due at Now, not
// leased, made by MadeBefore (or later than Now, by a clock that was set back
// since) or reported as paid since they were last queried, and not queried since
// QueriedBefore; at most Size. First come those reported as paid since they were
// last queried, then those viewed since ViewedSince, then the open ones, then
// the closed ones. Among equals, those not queried yet (the closed ones: since
// they closed) come first, then of the viewed those not queried for the longest, and
// the oldest; of the others the newest.
//
// One query holds the payments that Together chooses of these. Spend is called
// in the transaction with the account's quota and the payments, unless there are
// none. When it agrees, the quota is stored and the payments are leased until
// Lease.
type Batch struct {
	AccountID                 string
	Now, Lease                time.Time
	ViewedSince               time.Time
	MadeBefore, QueriedBefore time.Time
	Size                      int
	Spend                     func(*Quota, []checkout.Payment) bool
}

// Together returns which of payments, the most urgent first, one query is about:
// those that have failed as often as the first, and the fewer the more often
// that was. A payment that spoils the answer to a whole list is so queried alone
// in the end, and the others without it.
func (b Batch) Together(payments []checkout.Payment) []checkout.Payment {
	most := max(1, b.Size>>min(2*payments[0].FailedChecks, 16))
	var together []checkout.Payment
	for _, payment := range payments {
		if len(together) < most && payment.FailedChecks == payments[0].FailedChecks {
			together = append(together, payment)
		}
	}
	return together
}

// HashLookup is the queries about a transaction hash or a bank's reference, with their
// bounds. These cost nothing to make up, so look-ups are few, whoever sends them.
type HashLookup struct {
	AccountID, SessionID, Address string
	Kept                          bool      // it is of a claim that was kept
	Paused                        bool      // the account is, and allows none
	Count                         int       // how many to make
	At, Day                       time.Time // now, and the beginning of the day that PerDay counts

	PerSession int // for the session
	PerHour    int // from the address
	PerMinute  int // to the account
	PerDay     int // to the account; negative is unlimited
}

// HashAllowance says whether a look-up is within its bounds.
type HashAllowance int

// The allowances.
const (
	HashAllowed  HashAllowance = iota
	HashTooOften               // beyond the bounds of the session or the address
	HashNotNow                 // beyond the account's alone
)

// HashLookupsKeptFor is how long a look-up is counted: longer than any session
// is open.
const HashLookupsKeptFor = 48 * time.Hour
