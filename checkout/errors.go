package checkout

import (
	"errors"
	"fmt"
	"time"
)

// Kind sorts errors by what the caller can do about them.
type Kind int

// The kinds.
const (
	KindInternal        Kind = iota // a fault of ours; nothing about it is shown
	KindInvalid                     // a field is wrong
	KindUnauthenticated             // no key, or an unknown one
	KindForbidden                   // the key may not do this
	KindNotFound                    // no such object for this key
	KindConflict                    // the object is in another state
	KindKeyReused                   // an idempotency key belongs to another request
	KindRateLimited                 // too many requests
	KindUnavailable                 // a provider or the database cannot answer now
)

// Error is every error of this package. Detail is safe to show to anyone; the
// cause is for the log only.
type Error struct {
	Kind       Kind
	Code       string // stable, documented, e.g. "amount_invalid"
	Param      string // the field at fault, e.g. "line_items[0].amount"
	Detail     string
	RetryAfter time.Duration
	cause      error
}

func (e *Error) Error() string { return e.Detail }
func (e *Error) Unwrap() error { return e.cause }

// Is matches by code, so that errors.Is works with the variables below.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// WithCause returns a copy of e that carries its cause for the log.
func (e *Error) WithCause(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// Cause is the text for the log: the detail and all that led to it.
func (e *Error) Cause() string {
	if e.cause == nil {
		return e.Detail
	}
	return fmt.Sprintf("%s: %v", e.Detail, e.cause)
}

// The errors that callers distinguish.
var (
	ErrNotFound          = &Error{Kind: KindNotFound, Code: "not_found", Detail: "There is no such object."}
	ErrSessionClosed     = &Error{Kind: KindConflict, Code: "session_closed", Detail: "The session is not open any more."}
	ErrSessionComplete   = &Error{Kind: KindConflict, Code: "session_complete", Detail: "The session is already paid."}
	ErrMethodUnavailable = &Error{Kind: KindConflict, Code: "method_unavailable", Detail: "This way to pay is not available for this session."}
	ErrReferenceInUse    = &Error{Kind: KindConflict, Code: "reference_in_use", Param: "reference", Detail: "An open session has this reference for another purchase."}
	ErrTransactionReused = &Error{Kind: KindConflict, Code: "transaction_reused", Detail: "This transaction has already paid for something else."}
	ErrBusy              = &Error{Kind: KindUnavailable, Code: "database_busy", Detail: "The server is busy. Please try again.", RetryAfter: time.Second}
	ErrStorageFull       = &Error{Kind: KindUnavailable, Code: "storage_full", Detail: "The server cannot store anything now. Please try again later.", RetryAfter: 30 * time.Second}
)

// Invalidf reports a bad field.
func Invalidf(param, code, format string, args ...any) *Error {
	return &Error{Kind: KindInvalid, Code: code, Param: param, Detail: fmt.Sprintf(format, args...)}
}

// AllErrors lists err, or the errors that were joined in it.
func AllErrors(err error) []*Error {
	joined, several := err.(interface{ Unwrap() []error })
	if !several {
		var one *Error
		if errors.As(err, &one) {
			return []*Error{one}
		}
		return nil
	}

	var all []*Error
	for _, each := range joined.Unwrap() {
		all = append(all, AllErrors(each)...)
	}

	return all
}

// Refused is a provider's definite no to a call: nothing was started, and the
// same call would be refused again. Every other error of a provider's call
// means "don't know", but those that IsNotStarted finds.
type Refused struct {
	Code   string // the provider's own
	Reason string // safe to show to the merchant
	Buyer  string // reason key for the buyer's page; empty: a general sentence
}

func (r *Refused) Error() string {
	return fmt.Sprintf("refused by the provider: %s (%s)", r.Reason, r.Code)
}

// notStarted is an error before which nothing reached the provider.
type notStarted struct{ error }

func (e notStarted) Unwrap() error { return e.error }

// NotStarted marks the error of a provider's call for which it is certain that
// nothing was started: no connection came about, or nobody was to be called.
func NotStarted(cause error) error { return notStarted{cause} }

// IsNotStarted reports whether nothing was started, as NotStarted says.
func IsNotStarted(err error) bool {
	var not notStarted
	return errors.As(err, &not)
}

// AsRefused finds a Refused in err's chain.
func AsRefused(err error) (*Refused, bool) {
	var r *Refused
	ok := errors.As(err, &r)
	return r, ok
}
