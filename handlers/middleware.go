package handlers

import (
	"crypto/rand"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
)

// identify gives every request an id of our own; none is taken from outside.
func (s *server) identify(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Response().Header().Set(echo.HeaderXRequestID, "req_"+strings.ToLower(rand.Text()))
		return next(c)
	}
}

func requestID(c echo.Context) string { return c.Response().Header().Get(echo.HeaderXRequestID) }

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

		s.log.Log(c.Request().Context(), level, "request", "request_id", requestID(c), "method", c.Request().Method, "route", c.Path(),
			"status", c.Response().Status, "bytes", c.Response().Size, "took", s.now().Sub(start), "payment", c.Param("payment"), "id", c.Param("id"))
		return nil
	}
}

// accessLevel keeps what is asked for all the time out of the way, while it
// works.
func accessLevel(c echo.Context) slog.Level {
	if askedAllTheTime(c.Path()) && c.Response().Status < http.StatusBadRequest {
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// askedAllTheTime tells what browsers and monitors ask again and again.
func askedAllTheTime(route string) bool {
	switch route {
	case statusRoute, healthRoute, readyRoute, staticRoute:
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

// protection is the headers that every answer carries; pages replace the policy
// by their own.
func protection(secure bool) http.Header {
	always := http.Header{}
	header(always,
		"Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; "+noFrames,
		"X-Content-Type-Options", "nosniff",
		"X-Frame-Options", "DENY",
		"Referrer-Policy", "no-referrer",
		"Cross-Origin-Opener-Policy", "same-origin",
		"Cross-Origin-Resource-Policy", "same-origin",
		"Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
		"Cache-Control", "no-store",
	)
	if secure {
		always.Set("Strict-Transport-Security", "max-age=31536000")
	}

	return always
}

// protect sets headers that are made once: echo calls a middleware anew for each
// request. All answers share the values: they are replaced, never changed.
func protect(always http.Header) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			maps.Copy(c.Response().Header(), always)
			return next(c)
		}
	}
}

func limitBody(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if r.ContentLength > maxBody {
			return errTooLarge
		}
		r.Body = http.MaxBytesReader(c.Response().Writer, r.Body, maxBody)
		return next(c)
	}
}

// sameSite refuses forms that another site sent. Browsers say where a form
// comes from in Sec-Fetch-Site; older ones, and all on plain HTTP, in Origin
// or Referer, which our own Referrer-Policy may leave out or turn to "null".
func (s *server) sameSite(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if !s.fromHere(c.Request().Header) {
			return errCrossSite
		}
		return next(c)
	}
}

func (s *server) fromHere(h http.Header) bool {
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

// setPolicy sets the Content-Security-Policy of a page whose forms may go to
// us and to the origins of addresses, directly or by our redirect.
func (s *server) setPolicy(c echo.Context, addresses ...string) {
	forms := "'self'"
	for _, address := range addresses {
		if origin := originOf(address); origin != "" && origin != s.origin && validOrigin(origin) {
			forms += " " + origin
		}
	}
	c.Response().Header().Set("Content-Security-Policy",
		"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "+
			"base-uri 'none'; "+noFrames+"; form-action "+forms)
}

// noFrames is the part of a policy that keeps a page out of frames.
const noFrames = "frame-ancestors 'none'"

// allowFrames lets pages of hosts, and nobody else, show an answer in a frame.
func allowFrames(h http.Header, hosts []string) {
	if len(hosts) == 0 {
		return
	}
	const policy = "Content-Security-Policy"
	h.Set(policy, strings.Replace(h.Get(policy), noFrames, "frame-ancestors "+strings.Join(hosts, " "), 1))
	h.Del("X-Frame-Options") // which knows no hosts
}

// validOrigin reports whether an origin can stand in a policy: what separates
// its parts, or an address in brackets, cannot.
func validOrigin(origin string) bool {
	return !strings.ContainsFunc(origin, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`;,'"[]*`, r)
	})
}

// addressOf is who a rate limit counts: the client's address, of IPv6 the
// network of one subscriber.
func addressOf(c echo.Context) string {
	address, err := netip.ParseAddr(c.RealIP())
	if err != nil {
		return c.RealIP()
	}

	address = address.Unmap()
	if address.Is6() {
		if network, err := address.Prefix(64); err == nil {
			return network.String()
		}
	}

	return address.String()
}

func ipNet(prefix netip.Prefix) *net.IPNet {
	address := prefix.Masked().Addr()
	return &net.IPNet{IP: address.AsSlice(), Mask: net.CIDRMask(prefix.Bits(), address.BitLen())}
}

// pagePath is the path of a session's page.
func pagePath(sessionID string) string { return "/c/" + url.PathEscape(sessionID) }
