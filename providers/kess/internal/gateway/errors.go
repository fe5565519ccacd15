package gateway

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
	ValidationError = "VALIDATION_ERROR"          // 400
	Unauthenticated = "UNAUTHENTICATED"           // 401
	Forbidden       = "FORBIDDEN"                 // 403
	NotFound        = "NOT_FOUND"                 // 404
	Duplicated      = "DUPLICATED"                // 409
	Expired         = "EXPIRED"                   // 419
	ProcessFailed   = "PROCESS_FAILED"            // 422
	SystemError     = "SYSTEM_ERROR"              // 500
	Maintenance     = "FEATURE_UNDER_MAINTENANCE" // 503
	GatewayTimeout  = "GATEWAY_TIMEOUT"           // 504
)

// Statuses are the documented errors by their number.
var Statuses = map[int]string{
	http.StatusBadRequest:          ValidationError,
	http.StatusUnauthorized:        Unauthenticated,
	http.StatusForbidden:           Forbidden,
	http.StatusNotFound:            NotFound,
	http.StatusConflict:            Duplicated,
	419:                            Expired,
	http.StatusUnprocessableEntity: ProcessFailed,
	http.StatusInternalServerError: SystemError,
	http.StatusServiceUnavailable:  Maintenance,
	http.StatusGatewayTimeout:      GatewayTimeout,
}

// Error is an answer that says no. Code is one of the documented ones, or
// "HTTP_n" for a status the document does not name.
type Error struct {
	Code    string
	Message string    // KESS's own words: for the log and the merchant
	RetryAt time.Time // with 429 and 503: not before
	Login   bool      // of the login: it says nothing of what was to be asked
}

func (e *Error) Error() string {
	if e.Login {
		return "KESS answers the login " + e.Code + ": " + e.Message
	}
	return "KESS answers " + e.Code + ": " + e.Message
}

// Is matches by code, and a login's error only by another's.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code && t.Login == e.Login
}

// Failed is an Error to match with errors.Is.
func Failed(code string) error { return &Error{Code: code} }

const retryAfter = 30 * time.Second

// envelope is the outer shape of every answer. The document shows only that of
// success; how an error is written is read from whichever of these is there.
type envelope struct {
	Success   any             `json:"success"`
	Data      json.RawMessage `json:"data"`
	Code      any             `json:"code"`
	ErrorCode any             `json:"error_code"`
	Status    any             `json:"status_code"`
	Err       any             `json:"error"`
	Message   any             `json:"message"`
	Errors    json.RawMessage `json:"errors"`
}

// readAnswer returns the data of an answer, or its Error. Any other error
// means that the answer makes no sense.
func readAnswer(response wire.Response, now time.Time) (json.RawMessage, error) {
	var answer envelope
	decodeErr := response.Decode(&answer)
	if response.Status != http.StatusOK {
		failed := answer.failure(response, now)
		if decodeErr != nil && failed.Code != Unauthenticated {
			failed.Code = statusCode(response.Status) // some other server's page, such as a proxy's
		}
		return nil, failed
	}
	if decodeErr != nil {
		return nil, decodeErr
	}
	switch strings.ToLower(fmt.Sprint(answer.Success)) {
	case "true", "1":
		if len(answer.Data) == 0 || string(answer.Data) == "null" {
			return nil, fmt.Errorf("the answer has no data")
		}
		return answer.Data, nil
	case "false", "0":
		return nil, answer.failure(response, now)
	}
	return nil, fmt.Errorf("the answer does not say whether it succeeded")
}

func (a envelope) failure(response wire.Response, now time.Time) *Error {
	e := &Error{Code: a.code(response.Status), Message: a.message()}
	if response.Status == http.StatusTooManyRequests || response.Status == http.StatusServiceUnavailable {
		e.RetryAt = response.RetryAfter(now, retryAfter)
	}
	return e
}

// code finds the error's code: the HTTP status decides, unless it is 200.
func (a envelope) code(status int) string {
	if status != http.StatusOK {
		if code, documented := Statuses[status]; documented {
			return code
		}
		return statusCode(status)
	}
	for _, value := range []any{a.Code, a.ErrorCode, a.Status, a.Err} {
		text := strings.ToUpper(strings.TrimSpace(fmt.Sprint(value)))
		number, _ := strconv.Atoi(text)
		for known, code := range Statuses {
			if text == code || number == known {
				return code
			}
		}
	}
	return statusCode(status)
}

func statusCode(status int) string { return fmt.Sprintf("HTTP_%d", status) }

func (a envelope) message() string {
	for _, value := range []any{a.Message, a.Err} {
		if text, ok := value.(string); ok && text != "" {
			return clip(text)
		}
	}
	if len(a.Errors) > 0 {
		return clip(string(a.Errors))
	}
	return "no reason given"
}

func clip(text string) string {
	if runes := []rune(text); len(runes) > 300 {
		return string(runes[:300])
	}
	return text
}
