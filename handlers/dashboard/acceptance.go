package dashboard

import (
	"cmp"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/checkout/users"
)

// beginAcceptance answers what a browser needs to make the passkey by which an invitation
// is accepted.
func (s *Server) beginAcceptance(c echo.Context) error {
	answer, err := readAnswer(c)
	if err != nil {
		return err
	}
	options, token, err := s.passkeys.BeginAcceptance(c.Request().Context(), checkout.Secret(c.Param("token")), answer.Name)
	if err != nil {
		return err
	}
	return s.answerOptions(c, token, options)
}

// acceptByPasskey makes the user of an invitation and signs them in.
func (s *Server) acceptByPasskey(c echo.Context) error {
	answer, err := readAnswer(c)
	if err != nil {
		return err
	}

	user, err := s.passkeys.FinishAcceptance(c.Request().Context(), users.Acceptance{
		Link: checkout.Secret(c.Param("token")), Challenge: s.challenge(c), Name: answer.Name,
		PasskeyName: newPasskeyName(c), Response: answer.Credential,
	})
	if err != nil {
		return err
	}
	return s.enter(c, user, users.MethodInvitation, Prefix)
}

// newPasskeyName names a passkey after the browser that has made it. Its user can give it
// another name.
func newPasskeyName(c echo.Context) string {
	name := []rune(browserName(shortened(c.Request().UserAgent())))
	return cmp.Or(string(name[:min(len(name), 60)]), "Passkey")
}
