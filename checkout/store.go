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

	// InsertSession stores a new session. When claim was used before for the
	// same request, nothing is stored and the session made then is returned.
	InsertSession(ctx context.Context, session Session, claim Claim) (Session, error)

	Purchase(ctx context.Context, sessionID string) (Purchase, error)
	Payment(ctx context.Context, id string) (Payment, error)

	// PaymentByReference finds a payment of an account by our reference.
	PaymentByReference(ctx context.Context, accountID, reference string) (Payment, error)

	// Update loads a purchase, lets change alter it, and stores the outcome,
	// the events it raised and their deliveries in one transaction. An error
	// from change undoes everything and is returned as it is. When a proof's
	// transaction has settled another payment it is ErrTransactionReused.
	Update(ctx context.Context, sessionID string, change func(*Purchase) error) (Purchase, error)

	// Overdue lists open sessions, and sessions with open payments, whose
	// time has passed.
	Overdue(ctx context.Context, now time.Time, limit int) (sessionIDs []string, err error)

	// ClaimDue takes payments whose next question is due and keeps others
	// from asking until lease: claimed ones first, then watched, then the newest.
	ClaimDue(ctx context.Context, now, lease time.Time, limit int) ([]Payment, error)

	// Watch notes that buyers are looking at payments, and brings their next
	// question forward to at most pace after the last one.
	Watch(ctx context.Context, paymentIDs []string, now time.Time, pace time.Duration) error

	// TakeQuestion spends one question of an account's budget, or says when
	// the next may be asked.
	TakeQuestion(ctx context.Context, accountID string, budget Budget, now time.Time) (ok bool, retryAt time.Time, err error)

	// Postpone gives claimed payments back, to be asked about at the time.
	Postpone(ctx context.Context, payments []Payment, at time.Time) error

	// PauseAccount lets nobody ask an account before until.
	PauseAccount(ctx context.Context, accountID string, until time.Time) error
}

// Claim binds a request to its Idempotency-Key. The zero Claim binds nothing.
type Claim struct {
	MerchantID string
	Mode       Mode
	Key        string
	Route      string
	BodyHash   string
}

// ErrIdempotencyMismatch is returned by InsertSession for a key that was used
// with another request.
var ErrIdempotencyMismatch = &Error{
	Kind: Unprocessable, Code: "idempotency_key_reused", Param: "Idempotency-Key",
	Detail: "This Idempotency-Key was used before with another request.",
}
