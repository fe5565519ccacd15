package pages

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/handlers/internal/request"
)

// extendSession is POST /c/{session}/extend: "I need more time". A page where
// the buyer may be typing posts by htmx and gets only the new end. A session
// that is over shows itself.
func (s *Server) extendSession(c echo.Context) error {
	id, err := request.PathID(c, "session", request.SessionPrefix)
	if err != nil {
		return err
	}

	purchase, err := s.service.ExtendSession(c.Request().Context(), id)
	over := errors.Is(err, checkout.ErrSessionClosed) || errors.Is(err, checkout.ErrSessionComplete)
	inPlace := c.Request().Header.Get("HX-Request") == "true"
	switch {
	case err != nil && !over:
		return err
	case inPlace && over:
		c.Response().Header().Set("HX-Refresh", "true")
		return c.NoContent(http.StatusOK)
	case inPlace:
		return s.sendUpdate(c, purchase, pollQuery{offers: c.QueryParam("offers")})
	}

	target := pagePath(id)
	if c.QueryParam("choose") == "1" {
		target += "?choose=1"
	}

	return c.Redirect(http.StatusSeeOther, withLanguage(target, requestedLanguage(c)))
}
