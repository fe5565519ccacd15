package handlers

import (
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/handlers/dashboard"
	"rieltime/handlers/internal/failure"
	"rieltime/handlers/internal/request"
	"rieltime/handlers/pages"
)

// identify gives every request an id of our own; none is taken from outside.
func (s *server) identify(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Response().Header().Set(echo.HeaderXRequestID, newRequestID())
		return next(c)
	}
}

// newRequestID returns an id that differs from all others. It is no secret, so that it
// need not be as random as one.
func newRequestID() string {
	id := append(make([]byte, 0, 32), "req_"...)
	id = strconv.AppendUint(id, rand.Uint64(), 36)
	return string(strconv.AppendUint(id, rand.Uint64(), 36))
}

// logAccess writes a line for each request: the route, never the address
// asked for, because a session's id is its buyer's credential.
func (s *server) logAccess(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := s.now()
		if err := next(c); err != nil {
			c.Error(err)
		}

		s.guard.Request(c.Request().Method, c.Path(), c.Response().Status, s.now().Sub(start))
		level := accessLevel(c)
		if !s.log.Enabled(c.Request().Context(), level) {
			return nil
		}

		s.log.Log(c.Request().Context(), level, "request", "request_id", request.ID(c), "method", c.Request().Method, "route", c.Path(),
			"status", c.Response().Status, "bytes", c.Response().Size, "took", s.now().Sub(start), "payment", c.Param("payment"), "id", c.Param("id"))
		return nil
	}
}

// accessLevel keeps what is asked for all the time out of the way, while it
// works.
func accessLevel(c echo.Context) slog.Level {
	if isFrequent(c.Path()) && c.Response().Status < http.StatusBadRequest {
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// isFrequent reports whether a route is one that browsers and monitors request
// again and again.
func isFrequent(route string) bool {
	if pages.IsPoll(route) || dashboard.IsPoll(route) {
		return true
	}
	switch route {
	case healthRoute, readyRoute, staticRoute:
		return true
	}
	return false
}

func (s *server) recoverPanic(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			switch cause := recover(); cause {
			case nil:
			case http.ErrAbortHandler:
				panic(cause)
			default:
				err = checkout.Panicked(s.log, "request", cause)
			}
		}()
		return next(c)
	}
}

// securityHeaders are the headers that answers carry, see setHeaders; pages replace the policy
// by their own.
func securityHeaders(secure bool) http.Header {
	h := http.Header{}
	h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	h.Set("Cache-Control", "no-store")
	if secure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}

	return h
}

// setHeaders sets headers that are made once: echo calls a middleware anew for each
// request. All answers share the values: they are replaced, never changed.
//
// Most polls of pages get an empty answer, which a browser cannot show, frame or mistake for
// another type. It says only that it may not be stored: all headers are 400 bytes, and a
// poll with them takes an eighth more processor time.
func setHeaders(always http.Header) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			h := c.Response().Header()
			if !pages.IsPoll(c.Path()) {
				maps.Copy(h, always)
				return next(c)
			}

			c.Response().Before(func() {
				if c.Response().Status == http.StatusNoContent {
					h["Cache-Control"] = always["Cache-Control"]
					return
				}
				for name, values := range always {
					if _, own := h[name]; !own { // such as the policy of an error's page
						h[name] = values
					}
				}
			})
			return next(c)
		}
	}
}

// maxBody is the most bytes of a request's body where no route takes more.
const maxBody = 64 << 10

func limitBody(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		most := max(maxBody, dashboard.MaxFile(c.Path()))

		r := c.Request()
		if r.ContentLength > most {
			return failure.ErrTooLarge
		}
		if r.Body == http.NoBody {
			return next(c)
		}
		r.Body = http.MaxBytesReader(c.Response().Writer, r.Body, most)
		return next(c)
	}
}
