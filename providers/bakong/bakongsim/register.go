package bakongsim

import (
	"crypto/rand"
	"net/http"
	"strings"

	"rieltime/khqr"
)

func requestToken(s *Simulator, _ *http.Request, body []byte) (answer, bool) {
	var in struct {
		Email        string `json:"email"`
		Organization string `json:"organization"`
		Project      string `json:"project"`
	}
	if decode(body, &in) != nil || !isEmail(in.Email) || !within(in.Organization, 1, 100) || !within(in.Project, 1, 100) {
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
	if decode(body, &in) != nil || !within(in.Code, 20, 20) {
		return fails(5), false
	}

	for email, r := range s.state.Registrations {
		if r.Code != in.Code {
			continue
		}

		r.Code, r.Verified = "", true
		s.state.Registrations[email] = r
		return s.issued(email), true
	}

	return fails(10), false
}

func renewToken(s *Simulator, _ *http.Request, body []byte) (answer, bool) {
	var in struct {
		Email string `json:"email"`
	}
	if decode(body, &in) != nil || !isEmail(in.Email) {
		return fails(5), false
	}
	if !s.state.Registrations[in.Email].Verified {
		return fails(10), false
	}
	return s.issued(in.Email), false
}

func (s *Simulator) issued(email string) answer {
	now := s.time()
	return answer{
		message: "Token has been issued",
		data:    map[string]string{"token": issueToken(email, now, now.Add(tokenLife))},
	}
}

func isEmail(text string) bool {
	name, host, found := strings.Cut(text, "@")
	return found && name != "" && host != "" && within(text, 1, 30)
}

func makeDeepLink(s *Simulator, r *http.Request, body []byte) (answer, bool) {
	var in struct {
		QR     string `json:"qr"`
		Source *struct {
			AppIconURL          string `json:"appIconUrl"`
			AppName             string `json:"appName"`
			AppDeepLinkCallback string `json:"appDeepLinkCallback"`
		} `json:"sourceInfo"`
	}
	if decode(body, &in) != nil || in.QR == "" {
		return fails(5), false
	}
	if in.Source != nil && (in.Source.AppIconURL == "" || in.Source.AppName == "" || in.Source.AppDeepLinkCallback == "") {
		return fails(5), false
	}

	decoded, err := khqr.Decode(in.QR)
	if err != nil || len(faultsOf(in.QR, s.time())) > 0 {
		return fails(4), false
	}

	opened := link{QR: in.QR}
	if in.Source != nil {
		opened.AppName, opened.Callback = in.Source.AppName, in.Source.AppDeepLinkCallback
	}

	s.learn(in.QR, decoded)
	base := s.publicURL
	if base == "" {
		base = "http://" + r.Host
	}

	return answer{
		message: "Getting deep link successfully",
		data:    map[string]string{"shortLink": base + "/app/open/" + s.state.open(opened)},
	}, true
}
