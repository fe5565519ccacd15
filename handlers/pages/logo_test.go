package pages

import (
	"bytes"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rieltime/handlers/internal/failure"

	"github.com/labstack/echo/v4"
)

func aPNG(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// logoHost serves what it is told, and counts.
type logoHost struct {
	*httptest.Server
	requests atomic.Int32
	answer   atomic.Value // func(http.ResponseWriter, *http.Request)
}

func newLogoHost(t *testing.T, answer func(http.ResponseWriter, *http.Request)) *logoHost {
	t.Helper()
	h := &logoHost{}
	h.answer.Store(answer)
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.requests.Add(1)
		h.answer.Load().(func(http.ResponseWriter, *http.Request))(w, r)
	}))
	t.Cleanup(h.Close)
	return h
}

func sends(contentType string, body []byte) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(body)
	}
}

func logoServer(allowPrivate bool, now func() time.Time) *Server {
	return New(Config{BaseURL: "https://pay.example", SessionKey: []byte(strings.Repeat("k", 32)), AllowPrivateLogos: allowPrivate, Now: now})
}

func getLogo(s *Server, path string) *httptest.ResponseRecorder {
	e := echo.New()
	e.HTTPErrorHandler = func(err error, c echo.Context) { _ = s.RenderFailure(c, failure.Of(err)) }
	s.Register(e)
	w := httptest.NewRecorder()
	e.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

func TestLogoIsFetchedOnceAndServedFromHere(t *testing.T) {
	t.Parallel()
	host := newLogoHost(t, sends("text/html", aPNG(t))) // what a host says of it is not believed
	s := logoServer(true, time.Now)
	path := s.logoURL(host.URL + "/aba.png")
	if !strings.HasPrefix(path, logosPath) || strings.Contains(path, "aba") {
		t.Fatalf("path %q", path)
	}

	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			w := getLogo(s, path)
			if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "image/png" || !bytes.Equal(w.Body.Bytes(), aPNG(t)) {
				t.Errorf("%d %s", w.Code, w.Header())
			}
			if w.Header().Get("Cache-Control") != logoCacheLong {
				t.Errorf("headers %v", w.Header())
			}
		})
	}

	group.Wait()
	if n := host.requests.Load(); n != 1 {
		t.Errorf("fetched %d times", n)
	}
}

func TestOnlyPicturesBecomeLogos(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(http.ResponseWriter, *http.Request){
		"a page":     sends("image/png", []byte("<!doctype html><script>alert(1)</script>")),
		"an SVG":     sends("image/svg+xml", []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`)),
		"nothing":    sends("image/png", nil),
		"a huge one": sends("image/png", append(aPNG(t), make([]byte, maxLogo)...)),
		"an error": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write(aPNG(t))
		},
		"another place": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) },
	} {
		host := newLogoHost(t, answer)
		s := logoServer(true, time.Now)
		for range 2 {
			if w := getLogo(s, s.logoURL(host.URL)); w.Code != http.StatusNoContent {
				t.Errorf("%s: %d", name, w.Code)
			}
		}

		if n := host.requests.Load(); n != 1 {
			t.Errorf("%s: asked for %d times in a row", name, n)
		}
	}
}

func TestLogosInsideAreNotFetched(t *testing.T) {
	t.Parallel()
	host := newLogoHost(t, sends("image/png", aPNG(t)))
	s := logoServer(false, time.Now)
	if w := getLogo(s, s.logoURL(host.URL)); w.Code != http.StatusNoContent || host.requests.Load() != 0 {
		t.Errorf("%d, reached %d times", w.Code, host.requests.Load())
	}
}

func TestLogosAreNoProxy(t *testing.T) {
	t.Parallel()
	host := newLogoHost(t, sends("image/png", aPNG(t)))
	s := logoServer(true, time.Now)
	stranger := New(Config{BaseURL: "https://pay.example", SessionKey: []byte(strings.Repeat("x", 32)), Now: time.Now})
	for _, path := range []string{logosPath + "x", stranger.logoURL(host.URL), logosPath + s.receipts.seal(host.URL)} {
		if w := getLogo(s, path); w.Code != http.StatusNotFound || host.requests.Load() != 0 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

func TestAnOldLogoIsBetterThanNone(t *testing.T) {
	t.Parallel()
	var passed atomic.Int64
	start := time.Now()
	host := newLogoHost(t, sends("image/png", aPNG(t)))
	s := logoServer(true, func() time.Time { return start.Add(time.Duration(passed.Load())) })
	path := s.logoURL(host.URL)
	getLogo(s, path)
	host.answer.Store(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	passed.Store(int64(logoFresh))
	if w := getLogo(s, path); w.Code != http.StatusOK || host.requests.Load() != 2 {
		t.Errorf("%d, asked %d times", w.Code, host.requests.Load())
	}
}

func TestPagesLoadLogosFromHereOnly(t *testing.T) {
	t.Parallel()
	s := logoServer(false, time.Now)
	for address, want := range map[string]string{
		"": "", "/static/logo.png": "/static/logo.png", "https://pay.example/logo.png": "https://pay.example/logo.png",
		"//evil.example/logo.png": "", "javascript:alert(1)": "", "data:image/png;base64,AA": "",
	} {
		if got := s.logoURL(address); got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}

	if got := s.logoURL("https://shop.example/logo.png"); !strings.HasPrefix(got, logosPath) {
		t.Errorf("%q", got)
	}
}
