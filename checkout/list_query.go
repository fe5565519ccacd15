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

// CreatedRange selects what was created from From to before To; a zero time is
// no bound.
type CreatedRange struct{ From, To time.Time }

// SessionQuery selects sessions of one merchant and mode; empty fields select
// all.
type SessionQuery struct {
	ListPart
	Created   CreatedRange
	Reference string
	Status    SessionStatus
}

// PaymentQuery selects payments of one merchant and mode; empty fields select
// all.
type PaymentQuery struct {
	ListPart
	Created           CreatedRange
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
