package webhooks

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"rieltime/checkout"
	"rieltime/internal/retryafter"
	"rieltime/webhooks/outbound"
)

var errBadSecret = errors.New("the endpoint's secret is not base64")

// Error is why an endpoint did not accept a delivery. Its text is safe to show
// to the merchant.
type Error struct {
	Status     int           // HTTP status; 0 when no answer came
	RetryAfter time.Duration // the least wait that a 429 or 503 asked for
	Gone       bool          // 410: nothing more is to be sent to the endpoint
	reason     string
	cause      error
}

// hold returns how long nothing is to be sent to the endpoint; zero for a nil
// Error.
func (e *Error) hold() time.Duration {
	if e == nil {
		return 0
	}
	return e.RetryAfter
}

func (e *Error) Error() string { return e.reason }
func (e *Error) Unwrap() error { return e.cause }

// Refusal returns the error of an answer's status: nil for 2xx. A redirect is not
// followed, so it is a failure too.
func Refusal(response *http.Response, now time.Time) *Error {
	status := response.StatusCode
	if status >= 200 && status < 300 {
		return nil
	}

	e := &Error{Status: status, Gone: status == http.StatusGone, reason: fmt.Sprintf("The endpoint answered %d.", status)}
	if status >= 300 && status < 400 {
		e.reason = fmt.Sprintf("The endpoint answered %d: redirects are not followed. %s", status, redirectTarget(response))
	}

	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		e.RetryAfter, _ = retryafter.Read(response.Header, now)
	}

	return e
}

// maxTarget is how many bytes of a redirect's address are shown.
const maxTarget = 300

// redirectTarget describes where a redirect points, without what may be secret in
// its address: user, password, query and fragment.
func redirectTarget(response *http.Response) string {
	target, err := response.Location()
	if errors.Is(err, http.ErrNoLocation) {
		return "It had no Location."
	}
	if err != nil || target.Host == "" || (target.Scheme != "http" && target.Scheme != "https") {
		return "Its Location is not an http address."
	}

	shown := url.URL{Scheme: target.Scheme, Host: target.Host, Path: target.Path, RawPath: target.RawPath}
	text := shown.String()
	if len(text) > maxTarget {
		text = strings.ToValidUTF8(text[:maxTarget], "") + "…"
	}

	return "Its Location is " + text
}

// Unreachable returns the error of a delivery that got no answer, without
// details of the internal network.
func Unreachable(cause error) *Error {
	return &Error{cause: cause, reason: whyUnreachable(cause)}
}

func whyUnreachable(cause error) string {
	var (
		lookup      *net.DNSError
		certificate *tls.CertificateVerificationError
		plain       tls.RecordHeaderError
		connection  *net.OpError
		timeout     net.Error
		panicked    *checkout.PanicError
	)

	switch {
	case errors.As(cause, &panicked):
		return "The delivery failed on our side."
	case errors.Is(cause, errBadSecret):
		return "The endpoint's secret cannot be used."
	case errors.Is(cause, outbound.ErrNotAllowed):
		return "The endpoint's address is not on the public internet."
	case errors.As(cause, &lookup) && lookup.IsNotFound:
		return "The endpoint's host name was not found."
	case errors.As(cause, &lookup):
		return "The lookup of the endpoint's host name failed."
	case errors.As(cause, &certificate):
		return whyUntrusted(certificate)
	case errors.As(cause, &plain):
		return "The endpoint does not use TLS at this address."
	case errors.As(cause, &connection) && connection.Op == "remote error": // a TLS alert
		return "The endpoint refused the TLS connection."
	case errors.Is(cause, context.Canceled):
		return "The delivery was interrupted."
	case errors.As(cause, &timeout) && timeout.Timeout():
		return "The endpoint did not answer in time."
	case errors.Is(cause, syscall.ECONNREFUSED):
		return "The endpoint refused the connection."
	case errors.Is(cause, io.EOF), errors.Is(cause, io.ErrUnexpectedEOF), errors.Is(cause, syscall.ECONNRESET):
		return "The endpoint closed the connection without an answer."
	}

	return "The connection to the endpoint failed."
}

// whyUntrusted describes what is wrong with a certificate.
func whyUntrusted(cause *tls.CertificateVerificationError) string {
	var (
		invalid   x509.CertificateInvalidError
		name      x509.HostnameError
		authority x509.UnknownAuthorityError
	)

	switch {
	case errors.As(cause, &invalid) && invalid.Reason == x509.Expired:
		return "The endpoint's certificate is not valid: it has expired, or is not valid yet."
	case errors.As(cause, &name):
		return "The endpoint's certificate is not valid: it is for a different host name."
	case errors.As(cause, &authority):
		return "The endpoint's certificate is not valid: no known authority signed it, or an intermediate certificate is missing."
	}

	return "The endpoint's certificate is not valid."
}
