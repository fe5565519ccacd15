package client

import (
	"fmt"
	"net/http"
	"time"

	"rieltime/providers/wire"
)

// Error is an answer with a status other than 200.
type Error struct {
	Status int
	Text   string // Baray's own, empty when the body was not its error format

	response wire.Response
}

func (e *Error) Error() string { return fmt.Sprintf("baray: status %d: %q", e.Status, e.Text) }

// PauseUntil is when the Retry-After of a 429 or 503 asks to come back; zero
// without one.
func (e *Error) PauseUntil(now time.Time) time.Time {
	if e.Status != http.StatusTooManyRequests && e.Status != http.StatusServiceUnavailable {
		return time.Time{}
	}
	return e.response.RetryAfter(now)
}

// AboutOrder reports whether Baray answered, and refused only this one call.
func (e *Error) AboutOrder() bool {
	switch e.Status {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity:
		return e.Text != ""
	}
	return false
}
