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

	// InsertSession stores a new session and, when request has a key, the
	// Session.RequestResult with its page's address, in one transaction. When an
	// open session has the same reference, InsertSession returns that one with
	// Repeated set, or the error of Session.AgreesWith. So it does with a sale at a
	// counter whose id is stored, or returns the error of Session.SameSale. For a request that was sent
	// before, it returns *AlreadyCarriedOut, ErrIdempotencyInFlight or
	// ErrIdempotencyMismatch.
	InsertSession(ctx context.Context, session Session, request IdempotentRequest, addresses Addresses) (Session, error)

	Purchase(ctx context.Context, sessionID string) (Purchase, error)
	Payment(ctx context.Context, id string) (Payment, error)

	// PaymentByReference finds a payment of an account by our reference.
	PaymentByReference(ctx context.Context, accountID, reference string) (Payment, error)

	// RecentAttempts returns a merchant's payments made since a time, newest
	// first, at most limit; none when none of them failed to reach its provider.
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

	// UpdateFrom is Update of a purchase that its caller has just loaded, which is
	// loaded again only if it may have changed since.
	UpdateFrom(ctx context.Context, loaded Purchase, change func(*Purchase) error) (Purchase, error)

	// WakeRefund makes the query about a pending refund due at once: see
	// CheckRefund.
	WakeRefund(ctx context.Context, refund Refund) error

	// LastRate finds the last rate of the same merchant, mode and currencies; one without
	// an id when there is none.
	LastRate(ctx context.Context, like Rate) (Rate, error)

	// InsertRate stores the rate that decide makes of the last one of the same merchant,
	// mode and currencies, and the last that is not FarOff, in one transaction; each has
	// no id when there is none.
	InsertRate(ctx context.Context, rate Rate, decide func(last, accepted Rate) (Rate, error)) (Rate, error)

	// QueryUsage returns the usage of a merchant's enabled accounts of one mode,
	// by account.
	QueryUsage(ctx context.Context, merchantID string, mode Mode) (map[string]QueryUsage, error)
}
