package dashboard

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/gorilla/sessions"
	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/checkout/users"
	"rieltime/web/templates"
	"rieltime/web/templates/dashboard"
)

// requestPath is where a browser asks to be signed in by another one.
const requestPath = signInPath + "/phone"

func (s *Server) registerRequests(group *echo.Group) {
	group.POST(requestPath, s.requestSignIn)
	group.GET(requestPath, s.showRequest)
	group.GET(requestPath+"/state", s.requestState)
	group.POST(requestPath+"/finish", s.finishRequest)

	group.GET(confirmRequestPath+":code", s.asUser(true, s.showRequestToConfirm))
	group.POST(confirmRequestPath+":code", s.asUser(true, s.confirmRequest))
	group.POST(confirmRequestPath+":code/refuse", s.asUser(false, s.refuseRequest))
}

const requestCookieName = "rieltime_request"

// requestCookie binds a request to the browser that asks.
func (s *Server) requestCookie(c echo.Context) *sessions.Session {
	name := requestCookieName
	if s.secure {
		name = "__Secure-" + name
	}
	session, _ := s.cookies.Get(c.Request(), name) // an unreadable cookie is replaced by a new one
	session.Options.MaxAge = int(users.RequestLife.Seconds())
	session.Options.SameSite = http.SameSiteStrictMode
	return session
}

// requestToken returns the token of the browser's request; empty when there is none.
func (s *Server) requestToken(c echo.Context) checkout.Secret {
	token, _ := s.requestCookie(c).Values[tokenKey].(string)
	return checkout.Secret(token)
}

// setRequestToken keeps the token of a request; an empty one deletes the cookie.
func (s *Server) setRequestToken(c echo.Context, token checkout.Secret) error {
	session := s.requestCookie(c)
	session.Values[tokenKey] = token.Reveal()
	if token == "" {
		session.Options.MaxAge = -1
	}
	return session.Save(c.Request(), c.Response())
}

// requestSignIn begins a request of this browser.
func (s *Server) requestSignIn(c echo.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}

	token, err := s.users.RequestSignIn(c.Request().Context(), s.client(c, ""))
	var wrong *checkout.Error
	if errors.As(err, &wrong) && wrong.RetryAfter > 0 {
		return s.signInForm(c, http.StatusTooManyRequests, "", wrong)
	}
	if err != nil {
		return err
	}

	if err := s.setRequestToken(c, token); err != nil {
		return err
	}
	return redirect(c, requestAddress(requestPath, nextPath(form.Get("next"))))
}

func requestAddress(path, next string) string { return path + "?next=" + url.QueryEscape(next) }

// showRequest shows the QR code of this browser's request while nobody has confirmed it,
// and then as whom it is signed in.
func (s *Server) showRequest(c echo.Context) error {
	lang := s.language(c, users.User{})
	page := dashboard.SignInRequest{Page: s.plainPage(c, lang, "request.title"), Next: nextPath(c.QueryParam("next"))}
	page.NewURL, page.FinishURL, page.StateURL = requestPath, requestPath+"/finish", requestPath+"/state"

	token := s.requestToken(c)
	request, user, err := s.users.SignInRequest(c.Request().Context(), token)
	switch {
	case errors.Is(err, users.ErrRequestOver):
		page.State = dashboard.RequestOver
		return render(c, http.StatusOK, dashboard.SignInRequestPage(page))
	case err != nil:
		return err
	case user.ID != "":
		page.State, page.User, page.Email = dashboard.RequestConfirmed, user.DisplayName(), user.Email
		page.Known = s.knownBrowser(c, user.Email) != ""
		return render(c, http.StatusOK, dashboard.SignInRequestPage(page))
	}

	page.State, page.Number = dashboard.RequestWaits, request.Number
	if page.QR, err = templates.QRSVG(s.baseURL + confirmRequestPath + users.RequestCode(token).Reveal()); err != nil {
		return err
	}
	page.Refresh = refreshEvery
	return render(c, http.StatusOK, dashboard.SignInRequestPage(page))
}

// refreshEvery is how often a page without JavaScript is loaded again, in seconds.
const refreshEvery = 5

// requestState answers the page that waits: nothing while it must, then that it is to be
// loaded again.
func (s *Server) requestState(c echo.Context) error {
	_, user, err := s.users.SignInRequest(c.Request().Context(), s.requestToken(c))
	if err != nil && !errors.Is(err, users.ErrRequestOver) {
		return err
	}
	if err != nil || user.ID != "" {
		c.Response().Header().Set("HX-Refresh", "true")
	}
	return c.NoContent(http.StatusNoContent)
}

// finishRequest signs this browser in as the user who has confirmed its request.
func (s *Server) finishRequest(c echo.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	next := nextPath(form.Get("next"))

	user, token, err := s.users.FinishRequest(c.Request().Context(), s.requestToken(c), s.client(c, ""))
	if errors.Is(err, users.ErrRequestOver) {
		return redirect(c, requestAddress(requestPath, next))
	}
	if err != nil {
		return err
	}

	if err := s.setRequestToken(c, ""); err != nil {
		return err
	}
	return s.keepSignIn(c, user, token, next)
}
