package bakongsim

import (
	"net/http"

	"rieltime/khqr"
	"rieltime/providers/simkit"
)

func makeDeepLink(s *Simulator, r *http.Request, body []byte) (answer, bool) {
	var in struct {
		QR     string `json:"qr"`
		Source *struct {
			AppIconURL          string `json:"appIconUrl"`
			AppName             string `json:"appName"`
			AppDeepLinkCallback string `json:"appDeepLinkCallback"`
		} `json:"sourceInfo"`
	}
	if simkit.DecodeStrict(body, &in) != nil || in.QR == "" {
		return fails(5), false
	}
	if in.Source != nil && (in.Source.AppIconURL == "" || in.Source.AppName == "" || in.Source.AppDeepLinkCallback == "") {
		return fails(5), false
	}

	decoded, err := khqr.Decode(in.QR)
	if err != nil || len(codeErrors(in.QR, s.clock())) > 0 {
		return fails(4), false
	}

	opened := link{QR: in.QR}
	if in.Source != nil {
		opened.AppName, opened.Callback = in.Source.AppName, in.Source.AppDeepLinkCallback
	}

	s.learnCode(in.QR, decoded)
	return answer{
		message: "Getting deep link successfully",
		data:    map[string]string{"shortLink": s.BaseURL(r) + "/app/open/" + s.state.addLink(opened)},
	}, true
}
