package pages

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"rieltime/handlers/internal/failure"
)

// sameSite refuses forms that another site sent. Browsers say where a form comes
// from in Sec-Fetch-Site; older ones, and all on plain HTTP, in Origin or Referer,
// which our own Referrer-Policy may remove or set to "null".
func (s *Server) sameSite(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if !s.isSameSite(c.Request().Header) {
			return failure.ErrCrossSite
		}
		return next(c)
	}
}

// isSameSite reports whether nothing says that another site sent the request.
func (s *Server) isSameSite(h http.Header) bool {
	if site := h.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin" || site == "none"
	}
	if origin := h.Get("Origin"); origin != "" && origin != "null" {
		return originOf(origin) == s.origin
	}
	if referer := h.Get("Referer"); referer != "" {
		return originOf(referer) == s.origin
	}
	return true
}
