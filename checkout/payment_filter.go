package checkout

import (
	"slices"
	"strings"
	"time"
)

// PaymentState is the state of a payment that the people of a merchant see: a status, a
// review, or one of the states below.
type PaymentState string

// The states that are neither a PaymentStatus nor a Review.
const (
	StateTaken    PaymentState = "taken"    // paid, and no decision is open: what takings count
	StateReview   PaymentState = "review"   // waits for a decision
	StateRefunded PaymentState = "refunded" // money of it was given back or asked back
)

// PaymentStates are all states that payments are filtered by.
func PaymentStates() []PaymentState {
	return []PaymentState{
		PaymentState(PaymentSucceeded), StateTaken, StateReview, PaymentState(ReviewLate), PaymentState(ReviewDuplicate), PaymentState(ReviewMismatch),
		PaymentState(ReviewClaimed), PaymentState(ReviewContested), PaymentState(ReviewUnknown), StateRefunded,
		PaymentState(PaymentRequiresAction), PaymentState(PaymentProcessing), PaymentState(PaymentCreated),
		PaymentState(PaymentFailed), PaymentState(PaymentExpired), PaymentState(PaymentCanceled),
	}
}

// Valid reports whether a state is one of ours.
func (s PaymentState) Valid() bool { return slices.Contains(PaymentStates(), s) }

// Review is the review that the state names; ReviewNone for any other state.
func (s PaymentState) Review() Review {
	review := Review(s)
	if slices.Contains([]Review{ReviewLate, ReviewDuplicate, ReviewMismatch, ReviewClaimed, ReviewContested, ReviewUnknown}, review) {
		return review
	}
	return ReviewNone
}

// PaymentFilter selects payments of one merchant and mode as its people look for them;
// empty fields select all.
type PaymentFilter struct {
	Text     string // an id, a reference, a transaction, a customer; or what one begins with
	State    PaymentState
	Method   string // its id, or what it begins with before a colon
	Provider string
	Currency Currency
	Amount   Money // with its currency; zero: any
	Created  TimeRange
	Recorded TimeRange // when its first proof was recorded
}

// Matches reports whether a payment is selected.
func (f PaymentFilter) Matches(p Payment) bool {
	switch {
	case f.Method != "" && p.Method != f.Method && !strings.HasPrefix(p.Method, f.Method+":"),
		f.Provider != "" && p.Provider != f.Provider,
		f.Currency != "" && p.Amount.Currency != f.Currency,
		f.Amount.Minor != 0 && p.Amount != f.Amount,
		!f.Created.has(p.CreatedAt), !f.Recorded.has(p.RecordedAt):
		return false
	}

	switch {
	case f.State == "":
		return true
	case f.State == StateTaken:
		return p.Proof != nil && p.Standing() == StandingTaken
	case f.State == StateReview:
		return p.Review != ReviewNone && p.Decision == nil
	case f.State == StateRefunded:
		return p.Refunded > 0
	case f.State.Review() != ReviewNone:
		return p.Review == f.State.Review()
	}

	return p.Status == PaymentStatus(f.State)
}

// Position is a place in a list that is ordered newest first: behind the object of
// this id, which the list has at this time. The zero position is the beginning.
type Position struct {
	At time.Time
	ID string
}

// PaymentRow is a payment with its session; Payment is nil for a session that nobody
// has tried to pay.
type PaymentRow struct {
	Session Session
	Payment *Payment
}

// PaymentPage is a page of a list of payments, newest first.
type PaymentPage struct {
	Rows []PaymentRow
	Next Position // where the next page begins; zero when the list ends here

	// Partial says that so many payments were looked through, back to Next, that the
	// page is not full: there may be more behind it.
	Partial bool

	// Cut says that more sessions begin with the text of the filter than are looked at.
	Cut bool
}
