package checkout

import "time"

// Bounds of a list's limit.
const (
	DefaultListLimit = 20
	MaxListLimit     = 100
)

// ListPart selects a part of a list, which is ordered newest first. At most
// one of the cursors is set; a cursor that names no object of the list's owner
// is ErrNotFound.
type ListPart struct {
	Limit         int    // 1 to MaxListLimit
	StartingAfter string // id: what comes behind it, older ones
	EndingBefore  string // id: what comes directly in front of it, newer ones
}

// TimeRange selects what has its time from From to before To; a zero time is no bound.
type TimeRange struct{ From, To time.Time }

// has reports whether a time is in the range; the zero time is in none that has a beginning.
func (r TimeRange) has(at time.Time) bool {
	return !at.Before(r.From) && (r.To.IsZero() || at.Before(r.To))
}

// SessionQuery selects sessions of one merchant and mode; empty fields select
// all.
type SessionQuery struct {
	ListPart
	Created   TimeRange
	Reference string
	Status    SessionStatus
}

// PaymentQuery selects payments of one merchant and mode; empty fields select
// all.
type PaymentQuery struct {
	ListPart
	Created           TimeRange
	SessionID         string
	MerchantReference string // the session's reference
	Status            PaymentStatus
	InReview          bool // only those that wait for a decision
}

// Glance is what a buyer's page asks for again and again: whether anything has
// changed. It is cheap to read: one row, found by its key.
type Glance struct {
	Version   int // Session.Version
	Status    SessionStatus
	PaymentID string // the latest attempt; empty when there is none
	Watching  bool   // that attempt may still be paid and can be asked about
}
