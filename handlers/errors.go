package handlers

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/web/templates"
)

// statuses gives every kind of error its HTTP status.
var statuses = []struct {
	kind   checkout.Kind
	status int
}{
	{checkout.KindInvalid, http.StatusBadRequest},
	{checkout.KindUnauthenticated, http.StatusUnauthorized},
	{checkout.KindForbidden, http.StatusForbidden},
	{checkout.KindNotFound, http.StatusNotFound},
	{checkout.KindConflict, http.StatusConflict},
	{checkout.KindUnprocessable, http.StatusUnprocessableEntity},
	{checkout.KindRateLimited, http.StatusTooManyRequests},
	{checkout.KindUnavailable, http.StatusServiceUnavailable},
	{checkout.KindInternal, http.StatusInternalServerError},
}

func statusOf(kind checkout.Kind) int {
	for _, row := range statuses {
		if row.kind == kind {
			return row.status
		}
	}
	return http.StatusInternalServerError
}

// failure is an error as it is answered and logged.
type failure struct {
	what   *checkout.Error
	all    []*checkout.Error // what and all else that is wrong
	status int
	cause  error // for the log only
}

func (f failure) Error() string { return f.what.Detail }
func (f failure) Unwrap() error { return f.what }

// Errors of HTTP itself, which the domain has no kind for.
var (
	errInternal    = &checkout.Error{Kind: checkout.KindInternal, Code: "internal", Detail: "Something went wrong on our side."}
	errNoRoute     = failure{what: &checkout.Error{Kind: checkout.KindNotFound, Code: "route_unknown", Detail: "There is nothing at this address."}, status: http.StatusNotFound}
	errMethod      = failure{what: &checkout.Error{Kind: checkout.KindInvalid, Code: "method_not_allowed", Detail: "This address does not take this HTTP method."}, status: http.StatusMethodNotAllowed}
	errTooLarge    = failure{what: &checkout.Error{Kind: checkout.KindInvalid, Code: "body_too_large", Detail: "The body is larger than 64 KB."}, status: http.StatusRequestEntityTooLarge}
	errContentType = failure{what: &checkout.Error{Kind: checkout.KindInvalid, Code: "content_type_invalid", Param: "Content-Type", Detail: "The body must be sent as application/json, said once."}, status: http.StatusUnsupportedMediaType}
	errCrossSite   = &checkout.Error{Kind: checkout.KindForbidden, Code: "cross_site", Detail: "This form was sent from another site."}
)

// explain finds what to answer to err.
func explain(err error) failure {
	var failed failure
	var domain *checkout.Error
	var router *echo.HTTPError
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &failed):
		return failed
	case errors.As(err, &large):
		return errTooLarge
	case errors.As(err, &domain):
		return failure{what: domain, all: checkout.AllErrors(err), status: statusOf(domain.Kind), cause: errors.New(domain.Cause())}
	case errors.As(err, &router) && router.Code == http.StatusMethodNotAllowed:
		return errMethod
	case errors.As(err, &router) && router.Code == http.StatusNotFound:
		return errNoRoute
	}

	return failure{what: errInternal, status: http.StatusInternalServerError, cause: err}
}

// renderError answers every error: as a problem to merchants, as plain text to
// providers and monitors, as a page to buyers.
func (s *server) renderError(err error, c echo.Context) {
	f := explain(err)
	s.logFailure(c, f, err)
	if c.Response().Committed {
		return
	}

	h := c.Response().Header()
	if f.what.RetryAfter > 0 {
		h.Set("Retry-After", retryAfter(f.what.RetryAfter))
	}

	if f.status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="rieltime"`)
	}

	render := s.renderFailurePage
	switch path := c.Request().URL.Path; {
	case strings.HasPrefix(path, "/v1/") || path == "/v1":
		render = renderProblem
	case strings.HasPrefix(path, "/callbacks/"), path == readyRoute:
		render = renderText
	}

	if err := render(c, f); err != nil {
		s.log.Warn("error not sent", "request_id", requestID(c), "error", err)
	}
}

func (s *server) logFailure(c echo.Context, f failure, err error) {
	if errors.Is(err, context.Canceled) && c.Request().Context().Err() != nil {
		return // the client has gone
	}
	switch {
	case f.status >= http.StatusInternalServerError:
		s.log.Error("request failed", "request_id", requestID(c), "route", c.Path(), "code", f.what.Code, "cause", f.cause)
	case f.cause != nil:
		s.log.Info("request refused", "request_id", requestID(c), "route", c.Path(), "code", f.what.Code, "cause", f.cause)
	}
}

func retryAfter(wait time.Duration) string { return strconv.Itoa(wholeSeconds(wait)) }

func wholeSeconds(wait time.Duration) int { return int(math.Ceil(wait.Seconds())) }

// tooManyRequests says on the page how long to wait, and to the browser in its header.
func tooManyRequests(c echo.Context, lang string, limited *checkout.Error) *templates.Notice {
	c.Response().Header().Set("Retry-After", retryAfter(limited.RetryAfter))
	return templates.NewNotice(lang, templates.NoticeTooFast, "wait", templates.FormatWait(lang, wholeSeconds(limited.RetryAfter)))
}

// maxProblems is the most wrong fields that an answer lists.
const maxProblems = 20

// problem is an error by RFC 9457. Where several fields are wrong it tells of
// the first, and Errors of each.
type problem struct {
	Type      string  `json:"type"`
	Title     string  `json:"title"`
	Status    int     `json:"status"`
	Detail    string  `json:"detail"`
	Code      string  `json:"code"`
	Param     *string `json:"param"`
	RequestID string  `json:"request_id"`

	Errors []fieldProblem `json:"errors"` // null where one thing is wrong
}

type fieldProblem struct {
	Code   string  `json:"code"`
	Param  *string `json:"param"`
	Detail string  `json:"detail"`
}

func renderProblem(c echo.Context, f failure) error {
	c.Response().Header().Set(echo.HeaderContentType, "application/problem+json")
	answer := problem{
		Type: "urn:rieltime:problem:" + f.what.Code, Title: http.StatusText(f.status), Status: f.status,
		Detail: f.what.Detail, Code: f.what.Code, Param: paramOf(f.what), RequestID: requestID(c),
	}
	if len(f.all) > 1 {
		for _, each := range f.all[:min(len(f.all), maxProblems)] {
			answer.Errors = append(answer.Errors, fieldProblem{each.Code, paramOf(each), each.Detail})
		}
	}

	return c.JSON(f.status, answer)
}

// paramOf is the field at fault; nil when it is none in particular.
func paramOf(err *checkout.Error) *string {
	if err.Param == "" {
		return nil
	}
	return &err.Param
}

func renderText(c echo.Context, f failure) error {
	return c.String(f.status, f.what.Detail+"\n")
}

// leastWait is how many seconds a page that tries again by itself can be read.
const leastWait = 5

// retryURL is where a buyer whose request failed goes on: at the session's page, or
// at the same address. Nothing is sent twice.
func (s *server) retryURL(c echo.Context) string {
	if id := c.Param("session"); id != "" {
		return withLanguage(pagePath(id), askedLanguage(c))
	}
	address := s.baseURL + localAddress(c.Request())
	if c.Request().Method != http.MethodGet { // whose query is left out
		address = withLanguage(address, askedLanguage(c))
	}
	return address
}

// localAddress is a request's path, and of a GET its query, as an address on
// this host. A browser reads a path that begins with two slashes as another
// host's.
func localAddress(r *http.Request) string {
	address := "/" + strings.TrimLeft(r.URL.EscapedPath(), `/\`)
	if r.URL.RawQuery != "" && r.Method == http.MethodGet {
		address += "?" + r.URL.RawQuery
	}
	return address
}

func (s *server) renderFailurePage(c echo.Context, f failure) error {
	lang := s.language(c, checkout.Session{})
	page := templates.Failure{
		Page:      templates.Page{Lang: lang, Path: localAddress(c.Request()), Assets: assets("")},
		State:     templates.Broken,
		RequestID: requestID(c),
	}

	switch {
	case f.status == http.StatusNotFound:
		page.State = templates.NotFound
	case f.what.RetryAfter > 0:
		page.State = templates.Busy
		page.RetryURL = s.retryURL(c)
		page.Path = page.RetryURL
		wait := max(wholeSeconds(f.what.RetryAfter), leastWait)
		page.Wait = templates.FormatWait(lang, wait)
		c.Response().Header().Set("Refresh", strconv.Itoa(wait)+";url="+page.RetryURL)

	case c.Param("session") != "":
		page.RetryURL = s.retryURL(c)
		page.Path = page.RetryURL
	}

	s.setPolicy(c)
	return render(c, f.status, templates.ErrorPage(page))
}
