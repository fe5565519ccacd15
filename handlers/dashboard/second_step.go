package dashboard

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/checkout/users"
	"rieltime/web/templates/dashboard"
)

const codePath = signInPath + "/code"

// afterPassword signs in a user whose password was right, or asks for a code first.
func (s *Server) afterPassword(c echo.Context, user users.User, next string) error {
	ctx := c.Request().Context()
	needed, err := s.users.NeedsCode(ctx, user.ID)
	if err != nil {
		return err
	}
	if !needed {
		return s.enter(c, user, users.MethodPassword, next)
	}

	token, err := s.users.BeginSecondStep(ctx, user.ID)
	if err != nil {
		return err
	}
	if err := s.setChallenge(c, token); err != nil {
		return err
	}
	return redirect(c, codePath+"?next="+url.QueryEscape(next))
}

// showSecondStep asks for the code that follows a password.
func (s *Server) showSecondStep(c echo.Context) error {
	user, err := s.users.SecondStep(c.Request().Context(), s.challenge(c))
	if errors.Is(err, users.ErrChallengeOver) {
		return s.startAgain(c)
	}
	if err != nil {
		return err
	}
	return s.secondStepForm(c, http.StatusOK, s.language(c, user), nil)
}

func (s *Server) startAgain(c echo.Context) error {
	return redirect(c, signInPath+"?next="+url.QueryEscape(nextPath(c.FormValue("next"))))
}

func (s *Server) secondStepForm(c echo.Context, status int, lang string, wrong *checkout.Error) error {
	form := dashboard.Form{
		Action: codePath, Submit: dashboard.T(lang, "sign_in.submit"), Hidden: map[string]string{"next": nextPath(c.FormValue("next"))},
		Fields: []dashboard.Field{codeField(lang)}, Back: signInPath,
	}
	s.setPasswordError(c, &form, lang, wrong)
	return render(c, status, dashboard.SignInPage(dashboard.SignIn{
		Page: s.plainPage(c, lang, "code.title"), Lead: dashboard.T(lang, "code.lead"), Form: form,
	}))
}

func codeField(lang string) dashboard.Field {
	return dashboard.Field{
		Name: "code", Label: dashboard.T(lang, "code.field"), Kind: dashboard.FieldCode, Required: true, Hint: dashboard.T(lang, "code.hint"), MaxLength: 40,
	}
}

// secondStep takes the code that follows a password, and signs in.
func (s *Server) secondStep(c echo.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}

	ctx := c.Request().Context()
	user, err := s.users.SecondStep(ctx, s.challenge(c))
	if errors.Is(err, users.ErrChallengeOver) {
		return s.startAgain(c)
	}
	if err != nil {
		return err
	}

	user, method, err := s.users.FinishSecondStep(ctx, s.challenge(c), form.Get("code"), s.client(c, user.Email))
	if wrong, status := passwordFailure(err); wrong != nil {
		return s.secondStepForm(c, status, s.language(c, user), wrong)
	}
	if errors.Is(err, users.ErrChallengeOver) {
		return s.startAgain(c)
	}
	if err != nil {
		return err
	}

	return s.enter(c, user, method, nextPath(form.Get("next")))
}
