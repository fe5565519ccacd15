package client

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// ErrorCode is an errorCode of the Bakong Open API ("Common errorCode
// values"). It is itself an error: errors.Is(err, client.CodeNotFound).
type ErrorCode int

// The documented codes, and two that public integrations have met: 12 and 17.
const (
	CodeNotFound          ErrorCode = 1  // no transaction for this md5 or hash
	CodeStaticQR          ErrorCode = 2  // a static KHQR cannot be asked about
	CodeTransactionFailed ErrorCode = 3  // tried, and it failed
	CodeDeepLinkProvider  ErrorCode = 4  // the provider of deep links failed
	CodeMissingFields     ErrorCode = 5  // required fields are missing
	CodeUnauthorized      ErrorCode = 6  // no valid token
	CodeEmailServerDown   ErrorCode = 7  // the registration e-mail cannot be sent
	CodeEmailRegistered   ErrorCode = 8  // the e-mail is registered already
	CodeCannotConnect     ErrorCode = 9  // Bakong cannot reach its own server
	CodeNotRegistered     ErrorCode = 10 // the e-mail or code is not registered
	CodeAccountNotFound   ErrorCode = 11 // no such Bakong account
	CodeAccountInvalid    ErrorCode = 12 // not the form of a Bakong account
	CodeDailyLimit        ErrorCode = 17 // the token's daily allowance is spent
)

var codeTexts = map[ErrorCode]string{
	CodeNotFound:          "the transaction could not be found",
	CodeStaticQR:          "a static KHQR is not supported by this check",
	CodeTransactionFailed: "the transaction failed",
	CodeDeepLinkProvider:  "the deep link could not be made",
	CodeMissingFields:     "required fields are missing or wrong",
	CodeUnauthorized:      "the token is missing, wrong or expired",
	CodeEmailServerDown:   "the e-mail server is down",
	CodeEmailRegistered:   "the e-mail is already registered",
	CodeCannotConnect:     "Bakong cannot connect to its server",
	CodeNotRegistered:     "not registered yet",
	CodeAccountNotFound:   "the account does not exist",
	CodeAccountInvalid:    "the account id is not valid",
	CodeDailyLimit:        "the daily request limit is reached",
}

func (c ErrorCode) Error() string {
	if text, ok := codeTexts[c]; ok {
		return fmt.Sprintf("bakong: %s (errorCode %d)", text, int(c))
	}
	return fmt.Sprintf("bakong: errorCode %d", int(c))
}

// Error is an answer other than success. Status decides before Code: a 403,
// 429 or 5xx says nothing about a transaction, whatever its body says.
type Error struct {
	Status  int       // HTTP status
	Code    ErrorCode // 0 when the answer is not in Bakong's form
	Message string    // responseMessage, for the log
	// RetryAt is when the Retry-After of a 429 or 503 asks to come back; zero
	// without one.
	RetryAt time.Time
}

func (e *Error) Error() string {
	text := fmt.Sprintf("bakong: HTTP status %d", e.Status)
	if e.Code != 0 {
		text = fmt.Sprintf("%v, HTTP status %d", e.Code, e.Status)
	}
	if e.Message != "" {
		text += fmt.Sprintf(", %q", e.Message)
	}
	return text
}

// Unwrap gives the code, unless the status makes it meaningless.
func (e *Error) Unwrap() error {
	if e.Code == 0 || !e.Definite() && (e.Code == CodeNotFound || e.Code == CodeTransactionFailed) {
		return nil
	}
	return e.Code
}

// Definite reports whether the answer can be believed: it came from Bakong's
// application, not from something in front of it that was busy, refusing or
// broken.
func (e *Error) Definite() bool {
	return e.Code != 0 && e.Status != 403 && e.Status != 429 && e.Status < 500
}

// Gone reports whether the endpoint is no longer there, as newer versions of the
// API are said to have dropped request_token and verify.
func (e *Error) Gone() bool {
	return e.Code == 0 && (e.Status == 404 || e.Status == 405 || e.Status == 410)
}

// NoEndpoint reports whether a deployment does not take this kind of question: the
// endpoint is not there (Gone), or refused whatever the token (403).
func NoEndpoint(err error) bool {
	var refused *Error
	return errors.As(err, &refused) && (refused.Status == http.StatusForbidden || refused.Gone())
}

// normalCode gives errorCode 3 to a failed transaction that one document
// answers with errorCode 1 and another message ("QR integration", 2020). A
// message alone, without a code, must say "transaction failed": other things
// fail too.
func normalCode(code ErrorCode, message string) ErrorCode {
	text := strings.ToLower(message)
	switch {
	case code == CodeNotFound && strings.Contains(text, "failed") && !strings.Contains(text, "failed to"),
		code == 0 && strings.HasPrefix(text, "transaction failed"):
		return CodeTransactionFailed
	}
	return code
}
