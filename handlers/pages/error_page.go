package pages

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/handlers/internal/failure"
	"rieltime/handlers/internal/request"
	"rieltime/web/templates"
)

// leastWait is the least number of seconds before a busy page reloads itself, so
// that it can be read.
const leastWait = 5

// RenderFailure answers an error as a page: not found, busy, or broken.
func (s *Server) RenderFailure(c echo.Context, f failure.Failure) error {
	lang := s.language(c, checkout.Session{})
	page := templates.Failure{
		Page:      templates.Page{Lang: lang, Path: localAddress(c.Request()), Assets: assets("")},
		State:     templates.StateBroken,
		RequestID: request.ID(c),
	}

	switch {
	case f.Status == http.StatusNotFound:
		page.State = templates.StateNotFound
	case f.Err.RetryAfter > 0:
		page.State = templates.StateBusy
		page.RetryURL = s.retryURL(c)
		page.Path = page.RetryURL
		wait := max(failure.Seconds(f.Err.RetryAfter), leastWait)
		page.Wait = templates.FormatWait(lang, wait)
		c.Response().Header().Set("Refresh", strconv.Itoa(wait)+";url="+page.RetryURL)

	case c.Param("session") != "":
		page.RetryURL = s.retryURL(c)
		page.Path = page.RetryURL
	}

	s.setPolicy(c)
	return render(c, f.Status, templates.ErrorPage(page))
}

// retryURL is where a buyer whose request failed goes on: the session's page, or
// the same address. No form is sent twice.
func (s *Server) retryURL(c echo.Context) string {
	if id := c.Param("session"); id != "" {
		return withLanguage(pagePath(id), requestedLanguage(c))
	}
	address := s.baseURL + localAddress(c.Request())
	if c.Request().Method != http.MethodGet { // its query is left out
		address = withLanguage(address, requestedLanguage(c))
	}
	return address
}

// localAddress is a request's path, with the query of a GET, as an address on
// this host. Leading slashes are collapsed: browsers take "//x" for another host.
func localAddress(r *http.Request) string {
	address := "/" + strings.TrimLeft(r.URL.EscapedPath(), `/\`)
	if r.URL.RawQuery != "" && r.Method == http.MethodGet {
		address += "?" + r.URL.RawQuery
	}
	return address
}
