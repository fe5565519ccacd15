package bakongsim

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"rieltime/providers/simulator"
)

// maxBody bounds a request's body, in bytes.
const maxBody = 1 << 16

// envelope is every answer of the protocol.
type envelope struct {
	Response int    `json:"responseCode"`
	Message  string `json:"responseMessage"`
	Error    *int   `json:"errorCode"`
	Data     any    `json:"data"`
}

// answer is what an endpoint says.
type answer struct {
	code    int // errorCode; 0: success
	message string
	data    any
	status  int // HTTP status, when the code's own is not meant
}

var codeMessages = map[int]string{
	1:  "Transaction could not be found. Please check and try again.",
	2:  "Sorry, the system does not support static QR code.",
	3:  "Transaction failed.",
	4:  "Error occurred on requesting deeplink from provider.",
	5:  "Missing required fields.",
	6:  "Unauthorized",
	7:  "Email server has been down.",
	8:  "Email has been registered already.",
	9:  "Cannot connect to server. Please try again later.",
	10: "Not registered yet.",
	11: "Account ID not found",
	12: "Account ID is invalid.",
	17: "Daily request limit exceeded.",
}

// codeStatus is the HTTP status of the codes that do not come with 200.
var codeStatus = map[int]int{
	5: http.StatusBadRequest,
	6: http.StatusUnauthorized,
	7: http.StatusInternalServerError,
	9: http.StatusInternalServerError,
}

func fails(code int) answer { return answer{code: code} }

func (a answer) write(w http.ResponseWriter) {
	out := envelope{Message: a.message, Data: a.data}
	status := http.StatusOK
	if a.code != 0 {
		out.Response, out.Error = 1, &a.code
		if out.Message == "" {
			out.Message = codeMessages[a.code]
		}

		if s, other := codeStatus[a.code]; other {
			status = s
		}
	}

	if a.status != 0 {
		out.Response, status = 1, a.status
	}

	simulator.WriteJSON(w, status, out)
}

// endpoint answers a request whose body it decodes itself. The lock is held.
type endpoint func(s *Simulator, r *http.Request, body []byte) (a answer, changed bool)

var endpoints = map[string]endpoint{
	"request_token":                   requestToken,
	"verify":                          verifyCode,
	"renew_token":                     renewToken,
	"generate_deeplink_by_qr":         makeDeepLink,
	"check_transaction_by_md5":        checkMD5,
	"check_transaction_by_hash":       checkHash,
	"check_transaction_by_short_hash": checkShortHash,
	"check_transaction_by_md5_list":   checkMD5List,
	"check_transaction_by_hash_list":  checkHashList,
	"check_bakong_account":            checkAccount,
}

func (s *Simulator) protocol() http.Handler {
	mux := http.NewServeMux()
	for name, serve := range endpoints {
		mux.Handle("POST /v1/"+name, s.endpoint(name, serve))
	}
	return mux
}

func (s *Simulator) endpoint(name string, serve endpoint) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			simulator.WriteJSON(w, http.StatusRequestEntityTooLarge, envelope{Response: 1, Message: "Request body is too large."})
			return
		}

		var a answer
		err = s.locked(func() (changed bool) {
			if early, refused := s.guard(w, r, name); refused {
				a = early
				return false
			}
			a, changed = serve(s, r, body)
			return changed
		})
		if err != nil {
			a = answer{code: 9}
		}

		a.write(w)
	})
}

// guard refuses what does not reach the endpoint: no JSON, an ordered refusal,
// no valid token, too many requests.
func (s *Simulator) guard(w http.ResponseWriter, r *http.Request, name string) (answer, bool) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return fails(5), true
	}
	if code, ordered := s.refuse(name); ordered {
		return fails(code), true
	}
	if !strings.HasPrefix(name, "check_") {
		return answer{}, false
	}

	token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	owner, valid := tokenOwner(token, s.time())
	if !bearer || !valid || !s.state.Registrations[owner].Verified {
		return fails(6), true
	}

	return s.limits.count(w, owner, s.time())
}

// limits bound the checks of one token's owner; 0 is without bound.
type limits struct {
	Daily     int `json:"daily"`      // errorCode 17, HTTP 200
	PerSecond int `json:"per_second"` // HTTP 429

	day, second map[string]window
}

type window struct {
	Start int64
	Count int
}

func (l *limits) count(w http.ResponseWriter, owner string, now time.Time) (answer, bool) {
	if l.PerSecond > 0 && advance(&l.second, owner, now.Unix()) > l.PerSecond {
		w.Header().Set("Retry-After", "1")
		return answer{message: "Too many requests.", status: http.StatusTooManyRequests}, true
	}
	const day, ahead = 24 * 60 * 60, 7 * 60 * 60 // Indochina time
	if l.Daily > 0 && advance(&l.day, owner, (now.Unix()+ahead)/day) > l.Daily {
		return answer{code: 17, message: "Daily request limit of " + strconv.Itoa(l.Daily) + " exceeded"}, true
	}
	return answer{}, false
}

func advance(windows *map[string]window, owner string, start int64) int {
	if *windows == nil {
		*windows = map[string]window{}
	}
	w := (*windows)[owner]
	if w.Start != start {
		w = window{Start: start}
	}
	w.Count++
	(*windows)[owner] = w
	return w.Count
}

// decode reads a body strictly: one JSON value, no unknown fields.
func decode(body []byte, in any) error {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	decoder.UseNumber()
	if err := decoder.Decode(in); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one JSON value")
	}
	return nil
}

// within reports whether text has least to most characters.
func within(text string, least, most int) bool {
	n := len([]rune(text))
	return n >= least && n <= most
}
