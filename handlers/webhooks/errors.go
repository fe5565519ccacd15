package webhooks

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"rieltime/handlers/outbound"
)

// maxRetryAfter bounds the wait that an endpoint may ask for.
const maxRetryAfter = 24 * time.Hour

var errBadSecret = errors.New("the endpoint's secret is not base64")

// Error is a delivery that the endpoint did not take. Its text is safe to show
// to the merchant.
type Error struct {
	Status     int           // HTTP status; 0 when no answer came
	RetryAfter time.Duration // the least wait that a 429 or 503 asked for
	Gone       bool          // 410: the endpoint wants no more of this
	reason     string
	cause      error
}

// hold is how long the endpoint wants to hear nothing; a nil Error wants
// nothing of the kind.
func (e *Error) hold() time.Duration {
	if e == nil {
		return 0
	}
	return e.RetryAfter
}

func (e *Error) Error() string { return e.reason }
func (e *Error) Unwrap() error { return e.cause }

// refusal is what an answer's status says: nil for 2xx. A redirect is not
// followed, so it is a failure too.
func refusal(response *http.Response, now time.Time) *Error {
	status := response.StatusCode
	if status >= 200 && status < 300 {
		return nil
	}
	e := &Error{Status: status, Gone: status == http.StatusGone, reason: fmt.Sprintf("The endpoint answered %d.", status)}
	if status >= 300 && status < 400 {
		e.reason = fmt.Sprintf("The endpoint answered %d: redirects are not followed.", status)
	}
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		e.RetryAfter = retryAfter(response.Header.Get("Retry-After"), now)
	}
	return e
}

// retryAfter reads seconds or a date (RFC 9110, section 10.2.3); zero when the
// text is neither.
func retryAfter(text string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return min(time.Duration(seconds)*time.Second, maxRetryAfter)
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	return max(0, min(at.Sub(now), maxRetryAfter))
}

// unreachable says why no answer came, without what the network looks like
// from inside.
func unreachable(cause error) *Error {
	e := &Error{cause: cause, reason: "The connection to the endpoint failed."}
	var (
		lookup      *net.DNSError
		certificate *tls.CertificateVerificationError
		timeout     net.Error
	)
	switch {
	case errors.Is(cause, errBadSecret):
		e.reason = "The endpoint's secret cannot be used."
	case errors.Is(cause, outbound.ErrNotAllowed):
		e.reason = "The endpoint's address is not on the public internet."
	case errors.As(cause, &lookup) && lookup.IsNotFound:
		e.reason = "The endpoint's host name was not found."
	case errors.As(cause, &certificate):
		e.reason = "The endpoint's certificate is not valid."
	case errors.Is(cause, context.Canceled):
		e.reason = "The delivery was interrupted."
	case errors.As(cause, &timeout) && timeout.Timeout():
		e.reason = "The endpoint did not answer in time."
	}
	return e
}
