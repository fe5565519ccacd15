package handlers

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"rieltime/handlers/api"
	"rieltime/handlers/dashboard"
	"rieltime/handlers/internal/failure"
	"rieltime/handlers/internal/request"
)

// renderError answers every error: as a problem to merchants, as plain text to
// providers and monitors, as a page to buyers.
func (s *server) renderError(err error, c echo.Context) {
	f := failure.Of(err)
	s.logFailure(c, f, err)
	if c.Response().Committed {
		return
	}

	h := c.Response().Header()
	if f.Err.RetryAfter > 0 {
		h.Set("Retry-After", failure.RetryAfter(f.Err.RetryAfter))
	}

	if f.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="rieltime"`)
	}

	render := s.pages.RenderFailure
	switch path := c.Request().URL.Path; {
	case api.Owns(path):
		render = api.RenderFailure
	case path == readyRoute:
		render = renderText
	case s.onlyDashboard, s.dashboard != nil && dashboard.Owns(path):
		render = s.dashboard.RenderFailure
	case strings.HasPrefix(path, callbacksPath):
		render = renderText
	}

	if err := render(c, f); err != nil {
		s.log.Warn("error not sent", "request_id", request.ID(c), "error", err)
	}
}

func (s *server) logFailure(c echo.Context, f failure.Failure, err error) {
	if errors.Is(err, context.Canceled) && c.Request().Context().Err() != nil {
		return // the client has gone
	}
	switch {
	case f.Status >= http.StatusInternalServerError:
		s.log.Error("request failed", "request_id", request.ID(c), "route", c.Path(), "code", f.Err.Code, "cause", f.Cause)
	case f.Cause != nil:
		s.log.Info("request refused", "request_id", request.ID(c), "route", c.Path(), "code", f.Err.Code, "cause", f.Cause)
	}
}

func renderText(c echo.Context, f failure.Failure) error {
	return c.String(f.Status, f.Err.Detail+"\n")
}
