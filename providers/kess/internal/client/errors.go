package client

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"rieltime/providers/wire"
)

// The documented errors ("Error Code"): the number is the HTTP status.
const (
	CodeValidationError = "VALIDATION_ERROR"          // 400
	CodeUnauthenticated = "UNAUTHENTICATED"           // 401
	CodeForbidden       = "FORBIDDEN"                 // 403
	CodeNotFound        = "NOT_FOUND"                 // 404
	CodeDuplicated      = "DUPLICATED"                // 409
	CodeExpired         = "EXPIRED"                   // 419
	CodeProcessFailed   = "PROCESS_FAILED"            // 422
	CodeSystemError     = "SYSTEM_ERROR"              // 500
	CodeMaintenance     = "FEATURE_UNDER_MAINTENANCE" // 503
	CodeGatewayTimeout  = "GATEWAY_TIMEOUT"           // 504
)

// Statuses are the documented errors by their number.
var Statuses = map[int]string{
	http.StatusBadRequest:          CodeValidationError,
	http.StatusUnauthorized:        CodeUnauthenticated,
	http.StatusForbidden:           CodeForbidden,
	http.StatusNotFound:            CodeNotFound,
	http.StatusConflict:            CodeDuplicated,
	419:                            CodeExpired,
	http.StatusUnprocessableEntity: CodeProcessFailed,
	http.StatusInternalServerError: CodeSystemError,
	http.StatusServiceUnavailable:  CodeMaintenance,
	http.StatusGatewayTimeout:      CodeGatewayTimeout,
}

// Error is an answer that says no. Code is one of the documented ones, or
// "HTTP_n" for a status the document does not name.
type Error struct {
	Code    string
	Message string    // KESS's own words: for the log and the merchant
	RetryAt time.Time // by the Retry-After of a 429 or 503; zero without one
	Login   bool      // of the login: it says nothing of what was to be asked
}

func (e *Error) Error() string {
	if e.Login {
		return "KESS refused the login: " + e.Code + ": " + e.Message
	}
	return "KESS answered " + e.Code + ": " + e.Message
}

// Is matches by code, and a login's error only by another's.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code && t.Login == e.Login
}

// AboutCall reports whether KESS answered, and refused only this one call.
func (e *Error) AboutCall() bool {
	switch e.Code {
	case CodeValidationError, CodeNotFound, CodeDuplicated, CodeProcessFailed:
		return !e.Login
	}
	return false
}

// LoginRefused reports whether KESS refused the account's credentials.
func (e *Error) LoginRefused() bool {
	switch e.Code {
	case CodeValidationError, CodeUnauthenticated, CodeForbidden, CodeNotFound, CodeProcessFailed:
		return e.Login
	}
	return false
}

// Failed is an Error to match with errors.Is.
func Failed(code string) error { return &Error{Code: code} }

// envelope is the outer shape of every answer. The document shows only that of
// success; how an error is written is read from whichever of these is there,
// beside the data or in an object of its own ("error").
type envelope struct {
	Success any             `json:"success"`
	Data    json.RawMessage `json:"data"`
	Err     json.RawMessage `json:"error"`
	problem
}

// problem are the members that report an error.
type problem struct {
	Code      any             `json:"code"`
	ErrorCode any             `json:"error_code"`
	Status    any             `json:"status_code"`
	Message   any             `json:"message"`
	Errors    json.RawMessage `json:"errors"`
}

// readAnswer returns the data of an answer, or its Error: errors come with
// their HTTP status or inside an HTTP 200. Any other error means that the
// answer makes no sense.
func readAnswer(response wire.Response, now time.Time) (json.RawMessage, error) {
	var answer envelope
	decodeErr := response.Decode(&answer)
	if response.Status != http.StatusOK {
		failed := answer.failure(response, now)
		if decodeErr != nil && failed.Code != CodeUnauthenticated {
			failed.Code = statusCode(response.Status) // some other server's page, such as a proxy's
		}
		return nil, failed
	}

	if decodeErr != nil {
		return nil, decodeErr
	}

	hasData := len(answer.Data) > 0 && string(answer.Data) != "null"
	switch success := strings.ToLower(fmt.Sprint(answer.Success)); {
	case (success == "true" || success == "1") && hasData:
		return answer.Data, nil
	case success == "false" || success == "0" || (!hasData && answer.hasError()):
		return nil, answer.failure(response, now)
	case success == "true" || success == "1":
		return nil, fmt.Errorf("the answer has no data")
	}

	return nil, fmt.Errorf("the answer does not say whether it succeeded")
}

// hasError reports whether the answer contains an error, whether or not it says
// that it failed.
func (a envelope) hasError() bool {
	status, _ := a.documented()
	return status != 0 || strings.HasPrefix(string(a.Err), "{")
}

// failure is the answer's Error. The HTTP status decides, unless it is 200:
// then what the answer itself says does.
func (a envelope) failure(response wire.Response, now time.Time) *Error {
	status, code := response.Status, statusCode(response.Status)
	if status == http.StatusOK {
		if documented, found := a.documented(); documented != 0 {
			status, code = documented, found
		}
	} else if found, documented := Statuses[status]; documented {
		code = found
	}

	e := &Error{Code: code, Message: a.message()}
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		e.RetryAt = response.RetryAfter(now)
	}

	return e
}

// problems are the places where an answer may report its error, the innermost
// first. Err is an object like the outer one, or a bare code or text.
func (a envelope) problems() []problem {
	var inner problem
	if json.Unmarshal(a.Err, &inner) == nil {
		return []problem{inner, a.problem}
	}
	var bare any
	_ = json.Unmarshal(a.Err, &bare) // absent: nil
	return []problem{{Code: bare, Message: bare}, a.problem}
}

// documented finds an error's number and code in the answer's text; 0 when
// neither is there.
func (a envelope) documented() (status int, code string) {
	for _, problem := range a.problems() {
		for _, value := range []any{problem.Code, problem.ErrorCode, problem.Status} {
			text := strings.ToUpper(strings.TrimSpace(fmt.Sprint(value)))
			number, _ := strconv.Atoi(text)
			for status, code := range Statuses {
				if text == code || number == status {
					return status, code
				}
			}

			if number == http.StatusTooManyRequests {
				return number, statusCode(number)
			}
		}
	}

	return 0, ""
}

func statusCode(status int) string { return fmt.Sprintf("HTTP_%d", status) }

func (a envelope) message() string {
	problems := a.problems()
	for _, problem := range problems {
		if text, ok := problem.Message.(string); ok && text != "" {
			return clip(text)
		}
	}

	for _, problem := range problems {
		if len(problem.Errors) > 0 {
			return clip(string(problem.Errors))
		}
	}

	return "no reason given"
}

func clip(text string) string {
	if runes := []rune(text); len(runes) > 300 {
		return string(runes[:300])
	}
	return text
}
