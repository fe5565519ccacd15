package request_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"unsafe"

	"github.com/labstack/echo/v4"

	"rieltime/handlers/internal/request"
)

// A rate limit keeps addresses for long, and what comes through proxies may be much longer.
func TestClientAddressDoesNotKeepTheHeaderInMemory(t *testing.T) {
	t.Parallel()
	e := echo.New()
	e.IPExtractor = echo.ExtractIPFromXFFHeader()
	for sent, want := range map[string]string{
		"203.0.113.9": "203.0.113.9", "::ffff:203.0.113.9": "203.0.113.9", "2001:db8:1:2:3::4": "2001:db8:1:2::/64",
		"10.0.0.1": "10.0.0.9", // all of them are trusted: the first is the client
	} {
		header := "10.0.0.9, " + strings.Repeat("10.0.0.2, ", 1000) + sent
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = "127.0.0.1:1"
		r.Header.Set(echo.HeaderXForwardedFor, header)

		got := request.ClientAddress(e.NewContext(r, httptest.NewRecorder()))
		if got != want {
			t.Errorf("%s: %s, want %s", sent, got, want)
		}
		from, at := uintptr(unsafe.Pointer(unsafe.StringData(header))), uintptr(unsafe.Pointer(unsafe.StringData(got)))
		if from <= at && at < from+uintptr(len(header)) {
			t.Errorf("%s is a part of the header", got)
		}
	}
}
