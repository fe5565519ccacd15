package dashboard

import (
	"net/http"

	"github.com/gorilla/sessions"
	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/checkout/users"
)

const (
	cookieName       = "rieltime_dashboard"
	secureCookieName = "__Secure-rieltime_dashboard" // only over TLS; the path keeps it from the buyers' pages
	tokenKey         = "token"
)

// cookieStore signs cookies with key. They hold a random token only: who is signed in
// is in the database.
func cookieStore(key []byte, secure bool) sessions.Store {
	store := sessions.NewCookieStore(key)
	store.MaxAge(int(users.TotalLife.Seconds()))
	store.Options.Path = Prefix
	store.Options.HttpOnly = true
	store.Options.Secure = secure
	store.Options.SameSite = http.SameSiteLaxMode // a link in a message opens signed in; forms are checked by their origin
	return store
}

func (s *Server) cookie(c echo.Context) *sessions.Session {
	name := cookieName
	if s.secure {
		name = secureCookieName
	}
	session, _ := s.cookies.Get(c.Request(), name) // an unreadable cookie is replaced by a new one
	return session
}

// token returns the token in the browser's cookie; empty when there is none.
func (s *Server) token(c echo.Context) checkout.Secret {
	token, _ := s.cookie(c).Values[tokenKey].(string)
	return checkout.Secret(token)
}

// setToken puts the token of a sign-in in the browser's cookie; an empty one deletes
// the cookie.
func (s *Server) setToken(c echo.Context, token checkout.Secret) error {
	session := s.cookie(c)
	session.Values[tokenKey] = token.Reveal()
	if token == "" {
		session.Options.MaxAge = -1
	}
	return session.Save(c.Request(), c.Response())
}
