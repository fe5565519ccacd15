package dashboard

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/gorilla/sessions"
	"github.com/labstack/echo/v4"
)

// A second cookie outlives sign-ins. It names the browser, and the users who have signed
// in there: their attempts at a password are counted apart from those of strangers.
const (
	browserCookieName = "rieltime_browser"
	browserLife       = 365 * 24 * 60 * 60 // seconds
	browserIDKey      = "id"
	browserUsersKey   = "users" // marks of their addresses, with spaces between them
	maxBrowserUsers   = 5
)

// userMark stands for a user in the cookie, which anybody with the browser can read.
func userMark(email string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(strings.TrimSpace(email))))
	return hex.EncodeToString(sum[:8])
}

func (s *Server) browserCookie(c echo.Context) *sessions.Session {
	name := browserCookieName
	if s.secure {
		name = "__Secure-" + name
	}
	session, _ := s.cookies.Get(c.Request(), name) // an unreadable cookie is replaced by a new one
	session.Options.MaxAge = browserLife
	return session
}

// knownBrowser names the browser if the user with an address has signed in there before.
func (s *Server) knownBrowser(c echo.Context, email string) string {
	session := s.browserCookie(c)
	id, _ := session.Values[browserIDKey].(string)
	known, _ := session.Values[browserUsersKey].(string)
	if id == "" || !slices.Contains(strings.Fields(known), userMark(email)) {
		return ""
	}
	return id
}

// rememberBrowser keeps that a user has signed in here.
func (s *Server) rememberBrowser(c echo.Context, email string) error {
	session := s.browserCookie(c)
	if id, _ := session.Values[browserIDKey].(string); id == "" {
		session.Values[browserIDKey] = rand.Text()
	}
	before, _ := session.Values[browserUsersKey].(string)
	known := slices.DeleteFunc(strings.Fields(before), func(one string) bool { return one == userMark(email) })
	known = append([]string{userMark(email)}, known...)
	session.Values[browserUsersKey] = strings.Join(known[:min(len(known), maxBrowserUsers)], " ")
	return session.Save(c.Request(), c.Response())
}
