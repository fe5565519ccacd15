package statements

import (
	"context"
	"time"

	"rieltime/checkout"
	"rieltime/internal/cambodia"
)

// Store keeps statements.
type Store interface {
	// InsertStatement stores a statement without its lines, with a line of the audit
	// trail.
	InsertStatement(ctx context.Context, statement Imported) error

	// KnownBankLines are the lines of an account's days that are stored.
	KnownBankLines(ctx context.Context, accountID string, from, to cambodia.Day) (map[LineKey]bool, error)

	// InsertBankLines stores those lines that are not known, and returns how many. A match
	// with a payment that has another line by now is left out. This, CountBankLines and
	// InsertMissing return ErrWithdrawn when the statement is gone.
	InsertBankLines(ctx context.Context, statement Imported, lines []Entry) (added int, err error)
	CountBankLines(ctx context.Context, statementID string, added int) error

	// WithdrawStatement deletes a statement and the lines that it added; ErrDaysClosed when
	// one of its days is closed.
	WithdrawStatement(ctx context.Context, statement Imported, note string) error

	// OpenBankLines lists the lines of days that have no payment and that nobody decided
	// about, and the payments that lines around those days have.
	OpenBankLines(ctx context.Context, accountID string, from, to cambodia.Day) (lines []Entry, taken map[string]bool, err error)

	// PaidPayments passes on the payments of an account whose proofs were recorded from
	// one time up to another.
	PaidPayments(ctx context.Context, account checkout.Account, from, to time.Time, each func(Paid)) error

	// SaveMatches stores what was found about lines, unless a line or a payment has
	// another by now.
	SaveMatches(ctx context.Context, accountID string, lines []Entry) error

	// DecideBankLine stores a person's explanation. It is an error of kind conflict when
	// the line has one by now, or the payment another line.
	DecideBankLine(ctx context.Context, line Entry, paymentID string, decision Decision) error

	// InsertMissing stores payments that no line shows.
	InsertMissing(ctx context.Context, statement Imported, missing []Entry) error

	// BankMap returns the columns by which the statements of an account are read; an empty
	// map when none is kept.
	BankMap(ctx context.Context, accountID string) (Map, error)
	SaveBankMap(ctx context.Context, accountID string, m Map) error

	// InsertBankUpload stores a file in place of the one that the same user uploaded for
	// the account before.
	InsertBankUpload(ctx context.Context, upload Upload) error
	DeleteBankUpload(ctx context.Context, id string) error
}
