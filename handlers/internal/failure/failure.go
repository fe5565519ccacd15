// Package failure turns errors into HTTP answers: the status, what is safe to
// show, and the cause that is only logged.
package failure

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
)

// Failure is an error as it is answered and logged.
type Failure struct {
	Err    *checkout.Error   // safe to show
	All    []*checkout.Error // Err and everything else that is wrong
	Status int               // HTTP status
	Cause  error             // for the log only; may be nil
}

func (f Failure) Error() string { return f.Err.Detail }
func (f Failure) Unwrap() error { return f.Err }

// ErrTooLarge is a body above the server's limit.
var ErrTooLarge = Failure{
	Err:    &checkout.Error{Kind: checkout.KindInvalid, Code: "body_too_large", Detail: "The body is larger than 64 KB."},
	Status: http.StatusRequestEntityTooLarge,
}

// ErrCrossSite is a form that another site sent.
var ErrCrossSite = &checkout.Error{Kind: checkout.KindForbidden, Code: "cross_site", Detail: "This form was sent from another site."}

// Errors of HTTP itself, for which the domain has no kind.
var (
	errNoRoute = Failure{
		Err:    &checkout.Error{Kind: checkout.KindNotFound, Code: "route_unknown", Detail: "There is nothing at this address."},
		Status: http.StatusNotFound,
	}
	errMethod = Failure{
		Err:    &checkout.Error{Kind: checkout.KindInvalid, Code: "method_not_allowed", Detail: "This address does not accept this HTTP method."},
		Status: http.StatusMethodNotAllowed,
	}
	errInternal = &checkout.Error{Kind: checkout.KindInternal, Code: "internal", Detail: "Something went wrong on our side."}
)

// Of returns what to answer to err. An error that is neither the domain's nor
// the router's is an internal one, and its text is never shown.
func Of(err error) Failure {
	var (
		failed Failure
		domain *checkout.Error
		router *echo.HTTPError
		large  *http.MaxBytesError
	)

	switch {
	case errors.As(err, &failed):
		return failed
	case errors.As(err, &large):
		return ErrTooLarge
	case errors.As(err, &domain):
		return Failure{Err: domain, All: checkout.AllErrors(err), Status: StatusOf(domain.Kind), Cause: errors.New(domain.Cause())}
	case errors.As(err, &router) && router.Code == http.StatusMethodNotAllowed:
		return errMethod
	case errors.As(err, &router) && router.Code == http.StatusNotFound:
		return errNoRoute
	}

	return Failure{Err: errInternal, Status: http.StatusInternalServerError, Cause: err}
}

var statuses = map[checkout.Kind]int{
	checkout.KindInvalid:         http.StatusBadRequest,
	checkout.KindUnauthenticated: http.StatusUnauthorized,
	checkout.KindForbidden:       http.StatusForbidden,
	checkout.KindNotFound:        http.StatusNotFound,
	checkout.KindConflict:        http.StatusConflict,
	checkout.KindKeyReused:       http.StatusUnprocessableEntity,
	checkout.KindRateLimited:     http.StatusTooManyRequests,
	checkout.KindUnavailable:     http.StatusServiceUnavailable,
	checkout.KindInternal:        http.StatusInternalServerError,
}

// StatusOf returns the HTTP status of a kind of error.
func StatusOf(kind checkout.Kind) int {
	if status, ok := statuses[kind]; ok {
		return status
	}
	return http.StatusInternalServerError
}

// RetryAfter formats a wait for the Retry-After header.
func RetryAfter(wait time.Duration) string { return strconv.Itoa(Seconds(wait)) }

// Seconds rounds a wait up to whole seconds.
func Seconds(wait time.Duration) int { return int(math.Ceil(wait.Seconds())) }
