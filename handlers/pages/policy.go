package pages

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

// setPolicy sets the Content-Security-Policy of a page whose forms may lead to us
// and to the origins of addresses, directly or by our redirect.
func (s *Server) setPolicy(c echo.Context, addresses ...string) {
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

// noFrames is the directive that keeps a page out of frames.
const noFrames = "frame-ancestors 'none'"

// allowFrames lets the pages of hosts, and no others, show this page in a frame.
func allowFrames(h http.Header, hosts []string) {
	if len(hosts) == 0 {
		return
	}
	const policy = "Content-Security-Policy"
	h.Set(policy, strings.Replace(h.Get(policy), noFrames, "frame-ancestors "+strings.Join(hosts, " "), 1))
	h.Del("X-Frame-Options") // it cannot name hosts
}

// validOrigin reports whether an origin may be written into a policy: no
// separators, no wildcards, no addresses in brackets.
func validOrigin(origin string) bool {
	return !strings.ContainsFunc(origin, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`;,'"[]*`, r)
	})
}
