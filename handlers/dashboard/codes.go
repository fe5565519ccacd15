package dashboard

import (
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/checkout/users"
	"rieltime/web/templates"
	"rieltime/web/templates/dashboard"
)

const (
	codesPath    = accountPath + "/codes"
	recoveryPath = codesPath + "/recovery"
)

func (s *Server) registerCodes(group *echo.Group) {
	group.GET(codePath, s.showSecondStep)
	group.POST(codePath, s.secondStep)

	group.POST(codesPath+"/new", s.asUser(true, s.newCodeApp))
	group.GET(codesPath, s.asUser(true, s.showCodeApp))
	group.POST(codesPath, s.asUser(true, s.confirmCodeApp))
	group.POST(codesPath+"/remove", s.asUser(true, s.removeCodeApp))
	group.POST(recoveryPath, s.asUser(true, s.newRecoveryCodes))
	group.GET(recoveryPath, s.asUser(true, s.showRecoveryCodes))
}

// setCodes puts into a user's page whether an app shows them codes.
func (s *Server) setCodes(c echo.Context, v signedIn, page *dashboard.Account) (err error) {
	ctx := c.Request().Context()
	if page.HasCodes, err = s.users.NeedsCode(ctx, v.user.ID); err != nil || !page.HasCodes {
		return err
	}
	page.RecoveryCodes, err = s.users.CountRecoveryCodes(ctx, v.user.ID)
	return err
}

// newCodeApp makes the secret of an app for codes.
func (s *Server) newCodeApp(c echo.Context, v signedIn) error {
	if err := s.users.NewCodeApp(v.context(c), v.user.ID); err != nil {
		return err
	}
	return redirect(c, codesPath)
}

// showCodeApp shows the secret of an app that is not confirmed, and asks for a code.
func (s *Server) showCodeApp(c echo.Context, v signedIn) error {
	return s.codeAppPage(c, v, http.StatusOK, nil)
}

func (s *Server) codeAppPage(c echo.Context, v signedIn, status int, wrong *checkout.Error) error {
	app, err := s.users.CodeApp(c.Request().Context(), v.user.ID)
	if errors.Is(err, checkout.ErrNotFound) || err == nil && !app.ConfirmedAt.IsZero() {
		return redirect(c, accountPath)
	}
	if err != nil {
		return err
	}
	address, err := app.Address(v.user)
	if err != nil {
		return err
	}
	qr, err := templates.QRSVG(address.Reveal())
	if err != nil {
		return err
	}

	field := codeField(v.lang)
	field.Hint = dashboard.T(v.lang, "codes.first.hint")
	page := dashboard.CodeApp{
		Page: s.userPage(c, v, "codes.title"), QR: qr, Address: address.Reveal(), Secret: app.Secret.Reveal(),
		Form: dashboard.Form{Action: codesPath, Submit: dashboard.T(v.lang, "codes.turn_on"), Back: accountPath, Fields: []dashboard.Field{field}},
	}
	s.setPasswordError(c, &page.Form, v.lang, wrong)
	return render(c, status, dashboard.CodeAppPage(page))
}

// confirmCodeApp takes the first code of an app, and goes on to the recovery codes.
func (s *Server) confirmCodeApp(c echo.Context, v signedIn) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}

	codes, err := s.users.ConfirmCodeApp(v.context(c), v.user.ID, form.Get("code"))
	if wrong, status := passwordFailure(err); wrong != nil {
		return s.codeAppPage(c, v, status, wrong)
	}
	if errors.Is(err, users.ErrCodeAppKept) || errors.Is(err, checkout.ErrNotFound) {
		return redirect(c, accountPath)
	}
	if err != nil {
		return err
	}
	return s.keepRecoveryCodes(c, v, codes)
}

func (s *Server) newRecoveryCodes(c echo.Context, v signedIn) error {
	codes, err := s.users.NewRecoveryCodes(v.context(c), v.user.ID)
	if err != nil {
		return err
	}
	return s.keepRecoveryCodes(c, v, codes)
}

// keepRecoveryCodes keeps codes that were just made for the page that shows them. A form
// that is sent again by a reload would replace those that the user has written down.
func (s *Server) keepRecoveryCodes(c echo.Context, v signedIn, codes []checkout.Secret) error {
	lines := make([]string, len(codes))
	for i, code := range codes {
		lines[i] = code.Reveal()
	}
	if err := s.users.KeepSecret(v.context(c), v.signIn, v.user.ID, checkout.Secret(strings.Join(lines, "\n"))); err != nil {
		return err
	}
	return redirect(c, recoveryPath)
}

// showRecoveryCodes shows the codes that were just made, this once.
func (s *Server) showRecoveryCodes(c echo.Context, v signedIn) error {
	codes, err := s.users.TakeSecret(v.context(c), v.signIn, v.user.ID)
	if errors.Is(err, users.ErrSecretShown) {
		return redirect(c, accountPath)
	}
	if err != nil {
		return err
	}
	return render(c, http.StatusOK, dashboard.RecoveryCodesPage(dashboard.RecoveryCodes{
		Page: s.userPage(c, v, "recovery.title"), NextURL: accountPath, Codes: strings.Split(codes.Reveal(), "\n"),
	}))
}

func (s *Server) removeCodeApp(c echo.Context, v signedIn) error {
	if err := s.users.RemoveCodeApp(v.context(c), v.user.ID); err != nil {
		return err
	}
	return redirect(c, accountPath+"?done=codes_removed")
}
