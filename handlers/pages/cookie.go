package pages

import (
	"crypto/rand"
	"net/http"
	"strings"

	"github.com/gorilla/sessions"
	"github.com/labstack/echo/v4"

	"rieltime/handlers/internal/request"
)

const (
	cookieName       = "rieltime"
	secureCookieName = "__Host-rieltime"  // the prefix binds it to this host and TLS
	cookieLife       = 180 * 24 * 60 * 60 // seconds
	langKey          = "lang"
)

// cookieStore signs cookies with key.
func cookieStore(key []byte, secure bool) sessions.Store {
	store := sessions.NewCookieStore(key)
	store.MaxAge(cookieLife)
	store.Options.Path = "/"
	store.Options.HttpOnly = true
	store.Options.Secure = secure
	store.Options.SameSite = http.SameSiteLaxMode
	return store
}

// cookie returns the values of the buyer's cookie; nil when the server keeps none.
func (s *Server) cookie(c echo.Context) *sessions.Session {
	if s.cookies == nil {
		return nil
	}
	name := cookieName
	if s.secure {
		name = secureCookieName
	}
	session, _ := s.cookies.Get(c.Request(), name) // an unreadable cookie is replaced by a new one
	return session
}

// visitor returns the id in the buyer's cookie that distinguishes buyers of a payment
// link apart, and sets a new one if there is none. It is empty without a
// session key.
func (s *Server) visitor(c echo.Context) string {
	session := s.cookie(c)
	if session == nil {
		return ""
	}
	if visitor, ok := session.Values[visitorKey].(string); ok {
		return visitor
	}

	visitor := strings.ToLower(rand.Text())
	session.Values[visitorKey] = visitor
	if err := session.Save(c.Request(), c.Response()); err != nil {
		s.log.Warn("visitor not remembered", "request_id", request.ID(c), "error", err)
	}

	return visitor
}
