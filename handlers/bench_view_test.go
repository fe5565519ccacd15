package handlers_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"syscall"
	"testing"

	"github.com/labstack/echo/v4"
)

// The benchmarks in this file send each request for another session, as buyers do,
// and by turns as many to a bare echo handler whose answers have as many bytes, both
// over HTTP on loopback. They report the processor time of both sides of a request,
// for which other work on the machine does not count, and what share of it the bare
// handler takes.

// BenchmarkFirstView shows the page of a code to a buyer who has not seen it.
func BenchmarkFirstView(b *testing.B) {
	h := newHarness(b, unlimited)
	h.besideBare(b, func(session string) { h.submit("/c/"+session+"/payments", "method", "khqr") }, http.MethodGet, "", nil)
}

// BenchmarkStartKHQR starts payments by KHQR: from the choice of the method to the
// redirect to the code's page.
func BenchmarkStartKHQR(b *testing.B) {
	h := newHarness(b, unlimited)
	h.besideBare(b, func(string) {}, http.MethodPost, "/payments", url.Values{"method": {"khqr"}})
}

// besideBare requests a path of each of b.N sessions, which prepare has prepared
// shortly before.
func (h *harness) besideBare(b *testing.B, prepare func(session string), method, path string, form url.Values) {
	b.Helper()
	ours := httptest.NewServer(h.e)
	defer ours.Close()

	var answer []byte
	e := echo.New()
	e.Any("/*", func(c echo.Context) error {
		c.Response().Header().Set(echo.HeaderContentEncoding, "gzip")
		return c.HTMLBlob(http.StatusOK, answer)
	})
	bare := httptest.NewServer(e)
	defer bare.Close()

	transport := &http.Transport{DisableCompression: true}
	defer transport.CloseIdleConnections()

	var oursTime, bareTime int64
	h.api = h.e // that answers fit openapi.json is not measured
	for done := 0; done < b.N; done += 50 {
		var sessions []string
		for range min(50, b.N-done) {
			sessions = append(sessions, h.open())
			prepare(sessions[len(sessions)-1])
		}

		begun := cpuTime()
		for _, session := range sessions {
			answer = exchange(b, transport, method, ours.URL+"/c/"+session+path, form)
		}

		between := cpuTime()
		for _, session := range sessions {
			exchange(b, transport, method, bare.URL+"/c/"+session+path, form)
		}
		oursTime, bareTime = oursTime+between-begun, bareTime+cpuTime()-between
	}

	b.ReportMetric(float64(oursTime)/float64(b.N), "cpu-ns/op")
	b.ReportMetric(float64(bareTime)/float64(b.N), "bare-cpu-ns/op")
	b.ReportMetric(float64(bareTime)/float64(oursTime), "bare/ours")
	b.ReportMetric(float64(len(answer)), "bytes")
}

// exchange sends a request as a browser does, and returns the answer as it was sent.
func exchange(b *testing.B, transport *http.Transport, method, address string, form url.Values) []byte {
	b.Helper()
	request, err := http.NewRequestWithContext(b.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		b.Fatal(err)
	}

	request.Header.Set("Accept-Encoding", "gzip")
	request.Header.Set("Accept-Language", "km,en;q=0.8")
	request.Header.Set("User-Agent", "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/131.0 Mobile Safari/537.36")
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("Sec-Fetch-Site", "same-origin")
	}

	answer, err := transport.RoundTrip(request)
	if err != nil {
		b.Fatal(err)
	}

	defer answer.Body.Close()

	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode >= http.StatusBadRequest || (form == nil && answer.Header.Get("Content-Encoding") != "gzip") {
		b.Fatal(answer.Status, answer.Header, err)
	}

	return body
}

func cpuTime() int64 {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage) // cannot fail with these arguments
	return usage.Utime.Nano() + usage.Stime.Nano()
}
