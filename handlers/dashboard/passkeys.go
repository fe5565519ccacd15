package dashboard

import (
	"encoding/json"
	"net/http"
	"slices"

	"github.com/gorilla/sessions"
	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/checkout/users"
	"rieltime/handlers/internal/failure"
	"rieltime/web/templates/dashboard"
)

// passkeysPath is the path of what the page's script asks for. Options are answered in
// JSON, what leads to another page by the header HX-Redirect, as for htmx.
const passkeysPath = Prefix + "/passkeys"

func (s *Server) registerPasskeys(group *echo.Group) {
	if s.passkeys == nil {
		return
	}
	group.POST(passkeysPath+"/options", s.asUser(true, s.beginPasskey))
	group.POST(passkeysPath, s.asUser(true, s.addPasskey))
	group.POST(passkeysPath+"/sign-in/options", s.beginPasskeySignIn)
	group.POST(passkeysPath+"/sign-in", s.passkeySignIn)
	group.POST(passkeysPath+"/confirm", s.asUser(false, s.passkeyConfirm))
	group.POST(UserLinkPath+":token"+acceptPath+"/options", s.beginAcceptance)
	group.POST(UserLinkPath+":token"+acceptPath, s.acceptByPasskey)
}

// passkeyAction is where the page's script sends a passkey; empty where there are none.
func (s *Server) passkeyAction(path string) string {
	if s.passkeys == nil {
		return ""
	}
	return passkeysPath + path
}

// passkeyAnswer is what a browser's authenticator has made.
type passkeyAnswer struct {
	Credential json.RawMessage `json:"credential"` // PublicKeyCredential.toJSON()
	Name       string          `json:"name"`       // of a new passkey
	Next       string          `json:"next"`       // the page to go on to
}

var errAnswer = checkout.Invalidf("", "json_invalid", "The body is not the JSON of a credential.")

func readAnswer(c echo.Context) (answer passkeyAnswer, err error) {
	if err := json.NewDecoder(c.Request().Body).Decode(&answer); err != nil {
		return answer, errAnswer.WithCause(err)
	}
	return answer, nil
}

// beginPasskey answers what a browser needs to make a passkey.
func (s *Server) beginPasskey(c echo.Context, v signedIn) error {
	options, token, err := s.passkeys.BeginRegistration(v.context(c), v.user)
	if err != nil {
		return err
	}
	return s.answerOptions(c, token, options)
}

func (s *Server) addPasskey(c echo.Context, v signedIn) error {
	answer, err := readAnswer(c)
	if err != nil {
		return err
	}
	if _, err := s.passkeys.FinishRegistration(v.context(c), v.user, s.challenge(c), answer.Name, answer.Credential); err != nil {
		return err
	}
	return redirect(c, accountPath+"?done=passkey_added")
}

// beginPasskeySignIn answers what a browser needs to sign a challenge with a passkey of
// whichever user.
func (s *Server) beginPasskeySignIn(c echo.Context) error {
	options, token, err := s.passkeys.BeginSignIn(c.Request().Context())
	if err != nil {
		return err
	}
	return s.answerOptions(c, token, options)
}

func (s *Server) passkeySignIn(c echo.Context) error {
	answer, err := readAnswer(c)
	if err != nil {
		return err
	}
	user, err := s.passkeys.FinishSignIn(c.Request().Context(), s.challenge(c), answer.Credential)
	if err != nil {
		return err
	}
	return s.enter(c, user, users.MethodPasskey, nextPath(answer.Next))
}

// passkeyConfirm takes a passkey of the user who is signed in.
func (s *Server) passkeyConfirm(c echo.Context, v signedIn) error {
	answer, err := readAnswer(c)
	if err != nil {
		return err
	}
	user, err := s.passkeys.FinishSignIn(v.context(c), s.challenge(c), answer.Credential)
	if err == nil && user.ID != v.user.ID {
		err = users.ErrPasskeyRefused
	}
	if err != nil {
		return err
	}

	if err := s.users.Renew(v.context(c), v.signIn); err != nil {
		return err
	}
	return redirect(c, nextPath(answer.Next))
}

// answerOptions gives the browser what it needs, and binds the challenge to it.
func (s *Server) answerOptions(c echo.Context, token checkout.Secret, options any) error {
	if err := s.setChallenge(c, token); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, options)
}

const challengeCookieName = "rieltime_challenge"

func (s *Server) challengeCookie(c echo.Context) *sessions.Session {
	name := challengeCookieName
	if s.secure {
		name = "__Secure-" + name
	}
	session, _ := s.cookies.Get(c.Request(), name) // an unreadable cookie is replaced by a new one
	session.Options.MaxAge = int(users.ChallengeLife.Seconds())
	session.Options.SameSite = http.SameSiteStrictMode
	return session
}

// challenge returns the token of what the browser has begun; empty when there is none.
func (s *Server) challenge(c echo.Context) checkout.Secret {
	token, _ := s.challengeCookie(c).Values[tokenKey].(string)
	return checkout.Secret(token)
}

func (s *Server) setChallenge(c echo.Context, token checkout.Secret) error {
	session := s.challengeCookie(c)
	session.Values[tokenKey] = token.Reveal()
	return session.Save(c.Request(), c.Response())
}

// scriptErrors are the errors that have a text "problem.<code>".
var scriptErrors = []string{"link_used", "challenge_over", "passkey_refused", "passkey_copied", "passkey_taken", "too_many_passkeys", "name_invalid"}

// renderForScript answers an error to the page's script, which shows the message.
func (s *Server) renderForScript(c echo.Context, f failure.Failure) error {
	message := f.Err.Detail
	if slices.Contains(scriptErrors, f.Err.Code) {
		message = dashboard.T(s.language(c, s.visitor(c)), "problem."+f.Err.Code)
	}
	return c.JSON(f.Status, map[string]string{"code": f.Err.Code, "message": message})
}
