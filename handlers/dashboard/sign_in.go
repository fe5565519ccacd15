package dashboard

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/checkout/users"
	"rieltime/handlers/internal/failure"
	"rieltime/web/templates"
	"rieltime/web/templates/dashboard"
)

// showSignIn shows the form to sign in.
func (s *Server) showSignIn(c echo.Context) error {
	return s.signInForm(c, http.StatusOK, "", nil)
}

func (s *Server) signInForm(c echo.Context, status int, email string, wrong *checkout.Error) error {
	lang := s.language(c, users.User{})
	t := func(key string) string { return dashboard.T(lang, key) }
	form := dashboard.Form{
		Action: signInPath, Submit: t("sign_in.submit"), Hidden: map[string]string{"next": nextPath(c.FormValue("next"))},
		Fields: []dashboard.Field{
			{Name: "email", Label: t("sign_in.email"), Kind: dashboard.FieldEmail, Required: true, Value: email},
			{Name: "password", Label: t("sign_in.password"), Kind: dashboard.FieldPassword, Required: true},
		},
	}
	s.setPasswordError(c, &form, lang, wrong)
	return render(c, status, dashboard.SignInPage(dashboard.SignIn{
		Page: s.plainPage(c, lang, "sign_in.title"), Form: form, Note: t("sign_in.lost"),
		Passkey: s.passkeyAction("/sign-in"), Next: form.Hidden["next"], Request: requestPath,
	}))
}

// setPasswordError shows why a password was not taken.
func (s *Server) setPasswordError(c echo.Context, form *dashboard.Form, lang string, wrong *checkout.Error) {
	switch {
	case wrong == nil:
	case wrong.RetryAfter > 0:
		c.Response().Header().Set("Retry-After", failure.RetryAfter(wrong.RetryAfter))
		form.Error = dashboard.T(lang, "sign_in.wait", "wait", templates.FormatWait(lang, failure.Seconds(wrong.RetryAfter)))
	case wrong.Is(users.ErrCodeRefused):
		form.Error = dashboard.T(lang, "code.wrong")
	default:
		form.Error = dashboard.T(lang, "sign_in.wrong")
	}
}

// passwordFailure returns the error that a form of a password shows, and its status; nil
// for any other.
func passwordFailure(err error) (*checkout.Error, int) {
	var wrong *checkout.Error
	if !errors.As(err, &wrong) {
		return nil, 0
	}
	switch wrong.Kind {
	case checkout.KindRateLimited, checkout.KindUnavailable:
		return wrong, failure.StatusOf(wrong.Kind)
	}
	if wrong.Is(users.ErrWrongPassword) || wrong.Is(users.ErrCodeRefused) {
		return wrong, http.StatusUnprocessableEntity
	}
	return nil, 0
}

// signIn signs a user in by address and password.
func (s *Server) signIn(c echo.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}

	email := form.Get("email")
	user, err := s.users.CheckPassword(c.Request().Context(), email, checkout.Secret(form.Get("password")), s.client(c, email))
	if wrong, status := passwordFailure(err); wrong != nil {
		return s.signInForm(c, status, email, wrong)
	}
	if err != nil {
		return err
	}

	return s.afterPassword(c, user, nextPath(form.Get("next")))
}

// enter starts a sign-in with a new token, whatever the cookie held before, and goes on.
func (s *Server) enter(c echo.Context, user users.User, method users.Method, next string) error {
	token, err := s.users.StartSignIn(c.Request().Context(), user.ID, method, s.client(c, user.Email))
	if err != nil {
		return err
	}
	return s.keepSignIn(c, user, token, next)
}

// keepSignIn gives the browser the token of its new sign-in, and goes on.
func (s *Server) keepSignIn(c echo.Context, user users.User, token checkout.Secret, next string) error {
	if err := s.setToken(c, token); err != nil {
		return err
	}
	if err := s.rememberBrowser(c, user.Email); err != nil {
		return err
	}
	return redirect(c, next)
}

// showConfirm asks a user once more who they are.
func (s *Server) showConfirm(c echo.Context, v signedIn) error {
	return s.confirmForm(c, v, http.StatusOK, nil)
}

func (s *Server) confirmForm(c echo.Context, v signedIn, status int, wrong *checkout.Error) error {
	t := func(key string) string { return dashboard.T(v.lang, key) }
	page := dashboard.SignIn{
		Page: s.userPage(c, v, "confirm.title"), Lead: t("confirm.lead"), Passkey: s.passkeyAction("/confirm"), Next: nextPath(c.FormValue("next")),
	}
	if v.user.PasswordHash == "" {
		page.Lead, page.Note = t("confirm.passkey"), t("confirm.no_password")
		return render(c, status, dashboard.SignInPage(page))
	}

	page.Form = dashboard.Form{
		Action: confirmPath, Submit: t("confirm.submit"), Hidden: map[string]string{"next": page.Next},
		Fields: []dashboard.Field{{Name: "password", Label: t("sign_in.password"), Kind: dashboard.FieldPassword, Required: true}},
	}
	s.setPasswordError(c, &page.Form, v.lang, wrong)
	needed, err := s.users.NeedsCode(c.Request().Context(), v.user.ID)
	if err != nil {
		return err
	}
	if needed {
		page.Form.Fields = append(page.Form.Fields, codeField(v.lang))
	}
	return render(c, status, dashboard.SignInPage(page))
}

// confirm takes the password of a user who is signed in, and the code where one is needed.
func (s *Server) confirm(c echo.Context, v signedIn) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}

	client := s.client(c, v.user.Email)
	_, err = s.users.CheckPassword(v.context(c), v.user.Email, checkout.Secret(form.Get("password")), client)
	needed := false
	if err == nil {
		needed, err = s.users.NeedsCode(v.context(c), v.user.ID)
	}
	if needed {
		_, err = s.users.CheckCode(v.context(c), v.user, form.Get("code"), client)
	}
	if wrong, status := passwordFailure(err); wrong != nil {
		return s.confirmForm(c, v, status, wrong)
	}
	if err != nil {
		return err
	}

	if err := s.users.Renew(v.context(c), v.signIn); err != nil {
		return err
	}
	return redirect(c, nextPath(form.Get("next")))
}
