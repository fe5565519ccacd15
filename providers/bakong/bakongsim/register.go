package bakongsim

import (
	"crypto/rand"
	"net/http"
	"strings"

	"rieltime/providers/simkit"
)

func requestToken(s *Simulator, _ *http.Request, body []byte) (answer, bool) {
	var in struct {
		Email        string `json:"email"`
		Organization string `json:"organization"`
		Project      string `json:"project"`
	}
	if simkit.DecodeStrict(body, &in) != nil || !isEmail(in.Email) || !within(in.Organization, 1, 100) || !within(in.Project, 1, 100) {
		return fails(5), false
	}
	if s.state.Registrations[in.Email].Verified {
		return fails(8), false
	}

	s.state.Registrations[in.Email] = registration{
		Organization: in.Organization, Project: in.Project, Code: rand.Text()[:20],
	}
	return answer{message: "Email has been sent"}, true
}

func verifyCode(s *Simulator, _ *http.Request, body []byte) (answer, bool) {
	var in struct {
		Code string `json:"code"`
	}
	if simkit.DecodeStrict(body, &in) != nil || !within(in.Code, 20, 20) {
		return fails(5), false
	}

	for email, r := range s.state.Registrations {
		if r.Code != in.Code {
			continue
		}

		r.Code, r.Verified = "", true
		s.state.Registrations[email] = r
		return s.issueToken(email), true
	}

	return fails(10), false
}

func renewToken(s *Simulator, _ *http.Request, body []byte) (answer, bool) {
	var in struct {
		Email string `json:"email"`
	}
	if simkit.DecodeStrict(body, &in) != nil || !isEmail(in.Email) {
		return fails(5), false
	}
	if !s.state.Registrations[in.Email].Verified {
		return fails(10), false
	}
	return s.issueToken(in.Email), false
}

// issueToken answers with a new token.
func (s *Simulator) issueToken(email string) answer {
	now := s.clock()
	return answer{
		message: "Token has been issued",
		data:    map[string]string{"token": newToken(email, now, now.Add(tokenLifetime))},
	}
}

func isEmail(text string) bool {
	name, host, found := strings.Cut(text, "@")
	return found && name != "" && host != "" && within(text, 1, 30)
}
