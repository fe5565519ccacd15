package bakongsim

import (
	"io"
	"mime"
	"net/http"
	"strings"

	"rieltime/providers/simkit"
)

// maxBody bounds a request's body, in bytes.
const maxBody = 1 << 16

// endpoint answers a request, whose body it decodes, and reports whether it
// changed the state. The lock is held.
type endpoint func(s *Simulator, r *http.Request, body []byte) (a answer, changed bool)

var endpoints = map[string]endpoint{
	"request_token":                        requestToken,
	"verify":                               verifyCode,
	"renew_token":                          renewToken,
	"generate_deeplink_by_qr":              makeDeepLink,
	"check_transaction_by_md5":             checkMD5,
	"check_transaction_by_hash":            checkHash,
	"check_transaction_by_short_hash":      checkShortHash,
	"check_transaction_by_external_ref":    checkExternalRef,
	"check_transaction_by_instruction_ref": checkInstructionRef,
	"check_transaction_by_md5_list":        checkMD5List,
	"check_transaction_by_hash_list":       checkHashList,
	"check_bakong_account":                 checkAccount,
}

// protocol returns the handler of the Open API.
func (s *Simulator) protocol() http.Handler {
	mux := http.NewServeMux()
	for name, handle := range endpoints {
		mux.Handle("POST /v1/"+name, s.serve(name, handle))
	}
	return mux
}

// serve returns the handler of an endpoint.
func (s *Simulator) serve(name string, handle endpoint) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			simkit.WriteJSON(w, http.StatusRequestEntityTooLarge, envelope{Response: 1, Message: "Request body is too large."})
			return
		}

		var a answer
		err = s.update(func() (changed bool) {
			if early, refused := s.guard(w, r, name); refused {
				a = early
				return false
			}
			a, changed = handle(s, r, body)
			return changed
		})
		if err != nil {
			a = answer{code: 9}
		}

		a.write(w)
	})
}

// guard returns the answer to a request that does not reach its endpoint: it is
// not JSON, a test ordered a refusal, its token is invalid, or there are too
// many. The lock is held.
func (s *Simulator) guard(w http.ResponseWriter, r *http.Request, name string) (answer, bool) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return fails(5), true
	}
	if code, ordered := s.takeRefusal(name); ordered {
		return fails(code), true
	}
	if !strings.HasPrefix(name, "check_") {
		return answer{}, false
	}

	token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	owner, valid := tokenOwner(token, s.clock())
	if !bearer || !valid || !s.state.Registrations[owner].Verified {
		return fails(6), true
	}

	return s.limits.count(w, owner, s.clock())
}
