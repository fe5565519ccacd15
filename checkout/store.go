package checkout

import (
	"context"
	"time"
)

// Store keeps everything. Its errors are *Error where this package names one;
// any other is internal. It is safe for concurrent use and by several
// processes at once.
type Store interface {
	Merchant(ctx context.Context, id string) (Merchant, error)

	// Accounts lists a merchant's accounts of one mode, decrypted.
	Accounts(ctx context.Context, merchantID string, mode Mode) ([]Account, error)
	Account(ctx context.Context, id string) (Account, error)

	// EarlierSettings lists an account as it was by settings that were replaced
	// since, the newest first, at most limit.
	EarlierSettings(ctx context.Context, account Account, limit int) ([]Account, error)

	// InsertSession stores a new session together with what claim answers.
	// When an open session has its reference, that one is returned instead with
	// Repeated set, or what Session.AgreesWith says against it. A claim that was used
	// before gives the errors of Claim's kind: *Replay and those of its
	// variables.
	InsertSession(ctx context.Context, session Session, claim IdempotentRequest) (Session, error)

	Purchase(ctx context.Context, sessionID string) (Purchase, error)
	Payment(ctx context.Context, id string) (Payment, error)

	// PaymentByReference finds a payment of an account by our reference.
	PaymentByReference(ctx context.Context, accountID, reference string) (Payment, error)

	// RecentAttempts tells of a merchant's payments made since a time, newest
	// first, at most limit.
	RecentAttempts(ctx context.Context, merchantID string, mode Mode, since time.Time, limit int) ([]Attempt, error)

	// PaymentByTransaction finds the payment that has a proof's transaction for
	// itself, so that a payment of this account cannot have it.
	PaymentByTransaction(ctx context.Context, account Account, proof Proof) (Payment, error)

	// Update loads a purchase, lets change alter it, and stores the outcome,
	// the events it raised and their deliveries in one transaction. An error
	// from change undoes everything and is returned as it is. When another
	// payment has a proof's transaction it is ErrTransactionReused: one of the
	// same account or payee, or, unless one of the two is contested, any other.
	Update(ctx context.Context, sessionID string, change func(*Purchase) error) (Purchase, error)

	// WakeRefund has a pending refund asked about at once: see CheckRefund.
	WakeRefund(ctx context.Context, refund Refund) error

	// Overdue lists sessions with open payments whose time has passed, and
	// open sessions whose own time has: by now when none of their payments is
	// asked about any more, by waited when one is.
	Overdue(ctx context.Context, now, waited time.Time, limit int) (sessionIDs []string, err error)

	// Unanswered lists sessions with payments that have been owed a known
	// answer since before and are under no review.
	Unanswered(ctx context.Context, before time.Time, limit int) (sessionIDs []string, err error)

	// DueAccounts lists the accounts, enabled or not, that have a payment due and are
	// neither paused nor held back by their rate at now; the one not asked for
	// longest comes first. Buyers seen since lookingSince count as looking.
	DueAccounts(ctx context.Context, now, lookingSince time.Time) ([]DueAccount, error)

	// LeaseDue makes up the next question to an account and leases its
	// payments, so that nobody else asks about them; none when none is due or
	// the meter refuses.
	LeaseDue(ctx context.Context, question Batch) ([]Payment, error)

	// Meters are those of a merchant's enabled accounts of one mode, by account.
	Meters(ctx context.Context, merchantID string, mode Mode) (map[string]Quota, error)

	// UpdateQuota lets change alter an account's meter, in one transaction.
	UpdateQuota(ctx context.Context, accountID string, change func(*Quota)) error

	// AllowHashLookup counts a look-up of a hash and reports whether it is
	// within its bounds; one that is not is not counted.
	AllowHashLookup(ctx context.Context, lookup HashLookup) (bool, error)

	// Watch notes that buyers are looking at payments, and brings their next
	// question forward to at most pace after the last one, if there was one.
	Watch(ctx context.Context, paymentIDs []string, now time.Time, pace time.Duration) error

	// KeptWaiting lists those of the payments that have been due since before
	// and neither were asked about nor are marked as delayed; of very many, the
	// others once these are marked.
	KeptWaiting(ctx context.Context, paymentIDs []string, before time.Time) ([]Payment, error)

	// ClockSetBack makes due what was made, asked about, leased, closed, noticed
	// or claimed later than ahead, by a clock that has been set back to now since, lifts the pauses
	// of accounts that were asked then, and frees claims without an answer that
	// were first taken then; day is the one to count by.
	ClockSetBack(ctx context.Context, now, ahead, day time.Time) error
}

// DueAccount is an account with payments due.
type DueAccount struct {
	Quota        Quota
	ReportedPaid bool      // one of them is claimed and was not asked about since
	ViewedAt     time.Time // when the oldest of those was made that a buyer is looking at; zero when there is none
}

// Batch selects the payments of one question: those that are due at Now, not
// leased, made by MadeBefore (or later than Now, by a clock that was set back
// since) or claimed since they were last asked about, and not asked about since
// AskedBefore; at most Size. First come those claimed since they were last asked
// about, then those watched since LookingSince, then the open ones, then the
// closed ones. Among equals, those not asked about yet (the closed ones: since they closed) come
// first, then of the watched the oldest, of the others the newest.
//
// One question holds the payments that Together chooses of these. Take is called in the transaction with the account's meter and the payments,
// unless there are none. When it agrees, the meter is kept and the payments are
// leased until Lease.
type Batch struct {
	AccountID               string
	Now, Lease              time.Time
	LookingSince            time.Time
	MadeBefore, AskedBefore time.Time
	Size                    int
	Spend                   func(*Quota, []Payment) bool
}

// Together is which of payments, the most urgent first, one question asks about:
// those that have failed as often as the first, and the fewer the more often
// that was. A payment that spoils the answer to a whole list is so asked about
// alone in the end, and the others without it.
func (q Batch) Together(payments []Payment) []Payment {
	most := max(1, q.Size>>min(2*payments[0].FailedChecks, 16))
	var together []Payment
	for _, payment := range payments {
		if len(together) < most && payment.FailedChecks == payments[0].FailedChecks {
			together = append(together, payment)
		}
	}
	return together
}
