package client

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestDocumentedErrorsAreRecognized(t *testing.T) {
	for status, code := range Statuses {
		fake := newFakeKESS(t, func(Params) (int, string) {
			return status, fmt.Sprintf(`{"success":false,"code":%q,"message":"why"}`, code)
		})
		err := fake.client(nil).Call(t.Context(), fake.account(), QueryOrder, nil, new(any))
		if !errors.Is(err, Failed(code)) {
			t.Errorf("%d: %v, want %s", status, err, code)
		}
		for name, body := range map[string]string{
			"code":                    fmt.Sprintf(`{"success":false,"code":%q}`, code),
			"number":                  fmt.Sprintf(`{"success":"false","status_code":%d}`, status),
			"error_code":              fmt.Sprintf(`{"success":0,"error_code":%q}`, code),
			"code number":             fmt.Sprintf(`{"success":false,"code":"%d"}`, status),
			"an object":               fmt.Sprintf(`{"success":false,"error":{"code":%q,"message":"why"}}`, code),
			"an object's number":      fmt.Sprintf(`{"success":false,"data":null,"error":{"status_code":%d}}`, status),
			"an object alone":         fmt.Sprintf(`{"error":{"code":%d}}`, status),
			"an object beside a code": fmt.Sprintf(`{"success":false,"code":200,"error":{"error_code":%q}}`, code),
			"an object as success":    fmt.Sprintf(`{"success":true,"data":null,"error":{"code":%q}}`, code),
			"a bare error":            fmt.Sprintf(`{"success":false,"error":%q}`, code),
		} {
			fake := newFakeKESS(t, func(Params) (int, string) { return 200, body })
			err := fake.client(nil).Call(t.Context(), fake.account(), QueryOrder, nil, new(any))
			if !errors.Is(err, Failed(code)) {
				t.Errorf("200 with %s: %v, want %s", name, err, code)
			}
		}
	}
}

func TestReasonOfANestedErrorIsReported(t *testing.T) {
	for name, body := range map[string]string{
		"message": `{"success":false,"error":{"code":"VALIDATION_ERROR","message":"total_amount is too small"}}`,
		"errors":  `{"success":false,"error":{"code":"VALIDATION_ERROR","errors":{"total_amount":["is too small"]}}}`,
		"text":    `{"success":false,"error":"total_amount is too small"}`,
	} {
		fake := newFakeKESS(t, func(Params) (int, string) { return 200, body })
		err := fake.client(nil).Call(t.Context(), fake.account(), QueryOrder, nil, new(any))
		var refused *Error
		if !errors.As(err, &refused) || !strings.Contains(refused.Message, "is too small") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPageOfAnotherServerIsNoDocumentedError(t *testing.T) {
	for status, code := range Statuses {
		fake := newFakeKESS(t, func(Params) (int, string) { return status, "<html>" })
		err := fake.client(nil).Call(t.Context(), fake.account(), QueryOrder, nil, new(any))
		if errors.Is(err, Failed(code)) != (code == CodeUnauthenticated) {
			t.Errorf("%d: %v", status, err)
		}
	}
}

func TestNonsenseIsNoAnswer(t *testing.T) {
	for _, body := range []string{"", "null", "[]", "<html>", `{"data":{}}`, `{"success":"perhaps","data":{}}`, `{"success":true}`,
		`{"success":true,"data":null}`, `{"success":true,"data":"text"}`} {
		fake := newFakeKESS(t, func(Params) (int, string) { return 200, body })
		var order Order
		err := fake.client(nil).Call(t.Context(), fake.account(), QueryOrder, nil, &order)
		var no *Error
		if err == nil || errors.As(err, &no) {
			t.Errorf("%q: %v, want an error that is not KESS's no", body, err)
		}
	}
}

func TestTimeToComeBackIsNotMadeUp(t *testing.T) {
	fake := newFakeKESS(t, func(Params) (int, string) { return 429, `{}` })
	err := fake.client(nil).Call(t.Context(), fake.account(), QueryOrder, nil, new(any))
	var no *Error
	if !errors.As(err, &no) || no.Code != "HTTP_429" || !no.RetryAt.IsZero() {
		t.Errorf("%+v, want HTTP_429 without a time, as none was told", err)
	}
}
