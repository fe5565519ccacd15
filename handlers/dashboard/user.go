package dashboard

import (
	"context"
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/checkout/users"
	"rieltime/handlers/internal/request"
	"rieltime/web/templates/dashboard"
)

// signedIn is the user of a page that belongs to no merchant.
type signedIn struct {
	user   users.User
	signIn users.SignIn
	lang   string
}

// context is the request's, for what the user does: the audit trail names them.
func (v signedIn) context(c echo.Context) context.Context {
	return checkout.WithActor(c.Request().Context(), users.Actor(v.user.ID))
}

// whoIs finds who is signed in in the browser. Requests of htmx are those that pages make
// by themselves.
func (s *Server) whoIs(c echo.Context) (users.SignIn, users.User, error) {
	byItself := c.Request().Header.Get("HX-Request") == "true"
	return s.users.SignedIn(c.Request().Context(), s.token(c), byItself)
}

// asUser handles a route of whoever is signed in; recent ones of those who have proved
// lately who they are.
func (s *Server) asUser(recent bool, handle func(echo.Context, signedIn) error) echo.HandlerFunc {
	return func(c echo.Context) error {
		signIn, user, err := s.whoIs(c)
		if err != nil {
			return err
		}
		if recent && !signIn.Recent(s.now()) {
			return s.confirmFirst(c)
		}
		return handle(c, signedIn{user: user, signIn: signIn, lang: s.language(c, user)})
	}
}

// userPage is the frame of a user's page that belongs to no merchant.
func (s *Server) userPage(c echo.Context, v signedIn, title string) dashboard.Page {
	p := s.plainPage(c, v.lang, title)
	p.UserName = v.user.DisplayName()
	return p
}

// client is where a request comes from, as somebody with an address signs in there.
func (s *Server) client(c echo.Context, email string) users.Client {
	return users.Client{
		UserAgent: shortened(c.Request().UserAgent()), Address: request.ClientAddress(c), KnownBrowser: s.knownBrowser(c, email),
	}
}

// maxUserAgent is how much is kept of what a browser calls itself, in bytes.
const maxUserAgent = 300

func shortened(text string) string {
	return strings.ToValidUTF8(text[:min(len(text), maxUserAgent)], "")
}

// nextPath returns where a form leads: to a page of the dashboard, whatever the address
// asks for.
func nextPath(asked string) string {
	address, err := url.Parse(asked)
	if err != nil || address.IsAbs() || address.Host != "" || path.Clean(address.Path) != address.Path || !Owns(address.Path) || strings.ContainsAny(asked, "\\\r\n\t") {
		return Prefix
	}
	return address.RequestURI()
}

// signOut ends the sign-in of this browser.
func (s *Server) signOut(c echo.Context, v signedIn) error {
	if err := s.users.EndSignIn(v.context(c), v.signIn.ID); err != nil {
		return err
	}
	if err := s.setToken(c, ""); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, signInPath)
}
