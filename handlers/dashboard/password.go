package dashboard

import (
	"errors"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/checkout/users"
	"rieltime/web/templates/dashboard"
)

const passwordPath = accountPath + "/password"

// passwordForm is the form of another password, or of a first one. After a recent proof of
// who the user is, the password before is not asked for.
func (s *Server) passwordForm(v signedIn) dashboard.Form {
	t := func(key string) string { return dashboard.T(v.lang, key) }
	form := dashboard.Form{Action: passwordPath, Submit: t("password.submit"), Fields: []dashboard.Field{
		{Name: "password", Label: t("link.password"), Kind: dashboard.FieldSecret, Required: true},
	}}
	if !v.signIn.Recent(s.now()) {
		current := dashboard.Field{Name: "current", Label: t("password.current"), Kind: dashboard.FieldPassword, Required: true}
		form.Fields = append([]dashboard.Field{current}, form.Fields...)
	}
	return form
}

// needsProof reports whether a user must prove who they are before they set a first
// password: there is none before that they could give.
func (s *Server) needsProof(v signedIn) bool {
	return v.user.PasswordHash == "" && !v.signIn.Recent(s.now())
}

// changePassword sets a user's password and signs them out in all other browsers.
func (s *Server) changePassword(c echo.Context, v signedIn) error {
	if s.needsProof(v) {
		return s.confirmFirst(c)
	}
	values, err := readForm(c)
	if err != nil {
		return err
	}

	token, err := s.users.ChangePassword(v.context(c), users.PasswordChange{
		User: v.user, SignIn: v.signIn, Current: checkout.Secret(values.Get("current")), New: checkout.Secret(values.Get("password")),
		Client: s.client(c, v.user.Email),
	})
	if err != nil {
		forms := s.accountForms(v)
		status, refusal := refused(&forms.password, err)
		if refusal != nil {
			return refusal
		}
		var wrong *checkout.Error
		if errors.As(err, &wrong) && wrong.RetryAfter > 0 {
			s.setPasswordError(c, &forms.password, v.lang, wrong)
		}
		return s.accountPage(c, v, status, forms)
	}

	if err := s.setToken(c, token); err != nil {
		return err
	}
	return redirect(c, accountPath+"?done=password")
}
