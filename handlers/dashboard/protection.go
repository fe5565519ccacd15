package dashboard

import (
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"rieltime/handlers/internal/failure"
)

// policy lets a page load only what is ours, and be in no frame.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; manifest-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func (s *Server) setHeaders(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Referrer-Policy", "same-origin") // browsers name the origin of our own forms
		return next(c)
	}
}

// sameOrigin refuses whatever may change something unless the browser says that a page
// of ours sent it: by Sec-Fetch-Site or, on plain HTTP and from older ones, by Origin.
func (s *Server) sameOrigin(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		switch r := c.Request(); r.Method {
		case http.MethodGet, http.MethodHead:
		default:
			if !fromOurPage(r) {
				return failure.ErrCrossSite
			}
		}
		return next(c)
	}
}

func fromOurPage(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin"
	}
	origin, err := url.Parse(r.Header.Get("Origin"))
	return err == nil && origin.Host != "" && origin.Host == r.Host
}
