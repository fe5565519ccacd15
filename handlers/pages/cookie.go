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
	secureCookieName = "__Host-rieltime" // the prefix binds it to this host and TLS
	cookieLife       = 180 * 24 * 60 * 60
	langKey          = "lang"
)

func cookieStore(key []byte, secure bool) sessions.Store {
	store := sessions.NewCookieStore(key)
	store.MaxAge(cookieLife)
	store.Options.Path = "/"
	store.Options.HttpOnly = true
	store.Options.Secure = secure
	store.Options.SameSite = http.SameSiteLaxMode
	return store
}

func (s *Server) cookie(c echo.Context) *sessions.Session {
	if s.cookies == nil {
		return nil
	}
	name := cookieName
	if s.secure {
		name = secureCookieName
	}
	kept, _ := s.cookies.Get(c.Request(), name) // one that cannot be read is replaced by a new one
	return kept
}

// visitor tells one buyer from another by the cookie; empty without one.
func (s *Server) visitor(c echo.Context) string {
	kept := s.cookie(c)
	if kept == nil {
		return ""
	}
	if visitor, ok := kept.Values[visitorKey].(string); ok {
		return visitor
	}

	visitor := strings.ToLower(rand.Text())
	kept.Values[visitorKey] = visitor
	if err := kept.Save(c.Request(), c.Response()); err != nil {
		s.log.Warn("visitor not remembered", "request_id", request.ID(c), "error", err)
	}

	return visitor
}
