package checkout

import (
	"strings"
	"time"

	"rieltime/internal/cambodia"
)

const (
	dayClosePrefix = "dc_"
	maxDayNote     = 500 // characters of an explanation or a reason
)

// DayFigures are the money of an account's day in one currency, in its smallest unit.
type DayFigures struct {
	Taken    Sum `json:"taken"` // as Takings has it
	Refunded Sum `json:"refunded"`
	InReview Sum `json:"in_review"`

	Bank *BankDay `json:"bank"` // null: no statement shows the day
}

// BankDay is what the statements of a bank show of an account's day in one currency.
type BankDay struct {
	In   Sum `json:"in"`
	Out  Sum `json:"out"`  // without fees
	Fees Sum `json:"fees"` // what the bank took
}

// Net is what was taken without what was given back and the bank's fees.
func (f DayFigures) Net() int64 {
	net := f.Taken.Minor - f.Refunded.Minor
	if f.Bank != nil {
		net -= f.Bank.Fees.Minor
	}
	return net
}

// Received is all money that came by our own records, decided about or not.
func (f DayFigures) Received() int64 { return f.Taken.Minor + f.InReview.Minor }

// Difference is what the bank's statements show as coming in, less what was received by
// our records; 0 without a statement.
func (f DayFigures) Difference() int64 {
	if f.Bank == nil {
		return 0
	}
	return f.Bank.In.Minor - f.Received()
}

// Empty reports whether nothing happened on the day.
func (f DayFigures) Empty() bool {
	return f.Taken == Sum{} && f.Refunded == Sum{} && f.InReview == Sum{} && f.Bank == nil
}

// Same reports whether both have the same figures.
func (f DayFigures) Same(other DayFigures) bool {
	if (f.Bank == nil) != (other.Bank == nil) || f.Bank != nil && *f.Bank != *other.Bank {
		return false
	}
	return f.Taken == other.Taken && f.Refunded == other.Refunded && f.InReview == other.InReview
}

// DayKey names a day of an account in one currency.
type DayKey struct {
	MerchantID string
	Mode       Mode
	AccountID  string
	Currency   Currency
	Day        cambodia.Day
}

// DayClose is an account's day that somebody has checked and closed: its figures are kept
// as they were. ReopenedAt is zero while it is closed.
type DayClose struct {
	ID string
	DayKey
	Figures  DayFigures
	Note     string // what explains the difference, if there is one
	ClosedAt time.Time
	ClosedBy string // the actor of the audit trail

	ReopenedAt time.Time
	ReopenedBy string
	Reason     string
}

// Errors of closed days.
var (
	ErrDayClosed    = &Error{Kind: KindConflict, Code: "day_closed", Detail: "This day is closed already."}
	ErrDayNotClosed = &Error{Kind: KindConflict, Code: "day_not_closed", Detail: "This day is not closed."}
	errDayNotOver   = &Error{Kind: KindConflict, Code: "day_not_over", Detail: "This day is not over yet."}
	errDayChanged   = &Error{Kind: KindConflict, Code: "day_changed", Detail: "The figures have changed since the page was shown. Look at them again."}
)

// dayIsOver is how long after midnight what was recorded before may still come.
const dayIsOver = time.Minute

// CloseDay returns the close of a day with figures. seen is what its closer was shown. A
// difference needs a note.
func CloseDay(key DayKey, figures, seen DayFigures, note string, by string, now time.Time) (DayClose, error) {
	note = strings.TrimSpace(note)
	switch {
	case now.Before((key.Day + 1).Begin().Add(dayIsOver)):
		return DayClose{}, errDayNotOver
	case !figures.Same(seen):
		return DayClose{}, errDayChanged
	case figures.Difference() != 0 && note == "":
		return DayClose{}, Invalidf("note", "note_missing", "The bank's total differs from what was taken: say why.")
	}
	if err := checkText("note", note, maxDayNote); err != nil {
		return DayClose{}, err
	}
	return DayClose{ID: NewID(dayClosePrefix), DayKey: key, Figures: figures, Note: note, ClosedAt: now, ClosedBy: by}, nil
}

// Reopen ends a close. Its figures stay on record.
func (d *DayClose) Reopen(reason, by string, now time.Time) error {
	reason = strings.TrimSpace(reason)
	if !d.ReopenedAt.IsZero() {
		return ErrDayNotClosed
	}
	if reason == "" {
		return Invalidf("reason", "reason_missing", "Say why.")
	}
	if err := checkText("reason", reason, maxDayNote); err != nil {
		return err
	}
	d.ReopenedAt, d.ReopenedBy, d.Reason = now, by, reason
	return nil
}
