package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestEachErrorCodeIsAnErrorOfItsOwn(t *testing.T) {
	for _, code := range allCodes {
		body := fmt.Sprintf(`{"responseCode":1,"errorCode":%d,"responseMessage":"so it is","data":null}`, code)
		for endpoint, call := range calls {
			_, err := call.make(answering(t, http.StatusOK, body))
			var refused *Error
			if !errors.As(err, &refused) || refused.Code != code || refused.Status != 200 || refused.Message != "so it is" || !refused.Definite() {
				t.Fatalf("%s, errorCode %d: %#v", endpoint, code, err)
			}
			for _, other := range allCodes {
				if errors.Is(err, other) != (other == code) {
					t.Errorf("%s, errorCode %d matches %d", endpoint, code, other)
				}
			}
		}
	}
}

func TestErrorCodesHaveTheirOwnText(t *testing.T) {
	seen := map[string]bool{}
	for _, code := range append(allCodes, 99) {
		if text := code.Error(); seen[text] || !strings.Contains(text, fmt.Sprint(int(code))) {
			t.Errorf("errorCode %d: %s", int(code), text)
		} else {
			seen[text] = true
		}
	}
	for want, err := range map[string]*Error{
		"bakong: HTTP status 502": {Status: 502},
		`bakong: the daily request limit is reached (errorCode 17), HTTP status 200, "Daily"`: {Status: 200, Code: CodeDailyLimit, Message: "Daily"},
	} {
		if err.Error() != want {
			t.Errorf("%s, want %s", err, want)
		}
	}
}

func TestStatusDecidesBeforeTheBody(t *testing.T) {
	for _, status := range []int{403, 429, 500, 502, 503} {
		for _, code := range []ErrorCode{CodeNotFound, CodeTransactionFailed} {
			c := answering(t, status, fmt.Sprintf(`{"responseCode":1,"errorCode":%d,"data":null}`, code))
			_, err := c.CheckMD5(context.Background(), "x")
			var refused *Error
			if !errors.As(err, &refused) || refused.Status != status || refused.Definite() || errors.Is(err, code) {
				t.Errorf("status %d, errorCode %d: %#v", status, code, err)
			}
		}
	}
}

func TestUnauthorizedWhateverTheBody(t *testing.T) {
	for _, body := range []string{``, `<html>`, `{"responseCode":1,"errorCode":1}`, `{"responseCode":0,"data":{}}`} {
		_, err := answering(t, http.StatusUnauthorized, body).CheckMD5(context.Background(), "x")
		if !errors.Is(err, CodeUnauthorized) || errors.Is(err, CodeNotFound) {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestGoneEndpointsAreReported(t *testing.T) {
	for status, want := range map[int]bool{404: true, 405: true, 410: true, 400: false, 500: false} {
		err := answering(t, status, "<html>").RequestToken(context.Background(), Registration{})
		var refused *Error
		if !errors.As(err, &refused) || refused.Gone() != want {
			t.Errorf("%d: %#v", status, err)
		}
	}
	err := answering(t, 404, `{"responseCode":1,"errorCode":10}`).RequestToken(context.Background(), Registration{})
	var refused *Error
	if !errors.As(err, &refused) || refused.Gone() {
		t.Errorf("an answer of Bakong's own: %#v", err)
	}
}

func TestRetryAtComesFromTheAnswer(t *testing.T) {
	for status, want := range map[int]time.Time{429: noon.Add(90 * time.Second), 503: noon.Add(90 * time.Second), 500: {}} {
		c := client(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "90")
			w.WriteHeader(status)
		})
		_, err := c.CheckMD5(context.Background(), "x")
		var refused *Error
		if !errors.As(err, &refused) || !refused.RetryAt.Equal(want) {
			t.Errorf("%d: %#v", status, err)
		}
	}
}
