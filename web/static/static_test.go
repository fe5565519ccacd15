package static

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
)

func get(t *testing.T, method, path, encoding string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	r.Header.Set("Accept-Encoding", encoding)
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w.Result()
}

func read(t *testing.T, body io.Reader) []byte {
	t.Helper()
	data, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestURLsAreFingerprintedAndServedForEver(t *testing.T) {
	for name, contentType := range map[string]string{
		"app.css":      "text/css; charset=utf-8",
		"app.js":       "text/javascript; charset=utf-8",
		"checkout.js":  "text/javascript; charset=utf-8",
		"app.dark.css": "text/css; charset=utf-8",
	} {
		url := URL(name)
		if !regexp.MustCompile(`^/static/[a-z.]+\.[0-9a-f]{12}\.(css|js)$`).MatchString(url) {
			t.Errorf("%s: URL %q", name, url)
		}

		res := get(t, http.MethodGet, url, "")
		if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != contentType {
			t.Errorf("%s: %d %s", name, res.StatusCode, res.Header.Get("Content-Type"))
		}

		if got := res.Header.Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
			t.Errorf("%s: Cache-Control %q", name, got)
		}

		if len(read(t, res.Body)) == 0 {
			t.Errorf("%s is empty", name)
		}
	}
}

func TestEachIsPackedAsTheBrowserAccepts(t *testing.T) {
	plain := read(t, get(t, http.MethodGet, URL("app.css"), "").Body)
	for accept, coding := range map[string]string{
		"gzip":                 "gzip",
		"deflate, gzip ;q=1":   "gzip",
		"br;q=0, GZIP;q=0.5":   "gzip",
		"gzip, deflate, br":    "br",
		"BR":                   "br",
		"":                     "",
		"deflate":              "",
		"gzip;q=0":             "",
		"gzip; q=0.000":        "",
		"br;q=0.1, gzip":       "gzip",
		"br;q=0.5, *;q=0.1":    "br",
		"*":                    "br",
		"br;q=0, *":            "gzip",
		"*;q=0":                "",
		"identity, gzip;q=0.5": "",
		"gzip;q=1.5":           "",
	} {
		res := get(t, http.MethodGet, URL("app.css"), accept)
		body := read(t, res.Body)
		if got := res.Header.Get("Content-Encoding"); got != coding {
			t.Errorf("%q: packed as %q, want %q", accept, got, coding)
			continue
		}

		switch coding {
		case "br":
			body = read(t, brotli.NewReader(bytes.NewReader(body)))
		case "gzip":
			unpacked, err := gzip.NewReader(bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			body = read(t, unpacked)
		}

		if !bytes.Equal(body, plain) {
			t.Errorf("%q: another body", accept)
		}

		if res.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%q: no Vary", accept)
		}
	}
}

func TestNothingElseIsServed(t *testing.T) {
	for _, path := range []string{
		"/static/", "/static/app.css", "/static/static.go", "/static/../go.mod", "/static/app.000000000000.css",
		"/static/theme/", "/static/theme/red.css", "/static/theme/0A4AA6.css", "/static/theme/0a4aa6", "/static/theme/0a4aa6.css/x",
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.URL.Path = path
		w := httptest.NewRecorder()
		Handler().ServeHTTP(w, r)
		if w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}

	if URL("static.go") != "" || URL("nothing.css") != "" {
		t.Error("a URL for what is not served")
	}
}

func TestOnlyReadingMethods(t *testing.T) {
	if res := get(t, http.MethodPost, URL("app.css"), ""); res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", res.StatusCode)
	}
	res := get(t, http.MethodHead, URL("app.css"), "")
	if res.StatusCode != http.StatusOK || len(read(t, res.Body)) != 0 {
		t.Errorf("HEAD: %d", res.StatusCode)
	}
}

func TestCheckoutScriptEndsWithOurs(t *testing.T) {
	ours := read(t, get(t, http.MethodGet, URL("app.js"), "").Body)
	all := read(t, get(t, http.MethodGet, URL("checkout.js"), "").Body)
	if !bytes.HasSuffix(all, ours) {
		t.Error("app.js is not in checkout.js")
	}
	if htmx := URL("vendor/htmx.min.js"); htmx != "" {
		if !bytes.HasPrefix(all, read(t, get(t, http.MethodGet, htmx, "").Body)) {
			t.Error("htmx is not in checkout.js")
		}
	}
}

func TestStyleAndScriptStaySmall(t *testing.T) {
	for name, limit := range map[string]int{"app.css": 6000, "app.js": 4000} {
		if got := len(read(t, get(t, http.MethodGet, URL(name), "gzip").Body)); got > limit {
			t.Errorf("%s is %d bytes packed, at most %d", name, got, limit)
		}
	}
}

func TestThemesAreFixedForTheGallery(t *testing.T) {
	for theme, media := range map[string]string{"light": "@media not all {", "dark": "@media screen {"} {
		css := string(read(t, get(t, http.MethodGet, URL("app."+theme+".css"), "").Body))
		if strings.Contains(css, "prefers-color-scheme") || !strings.Contains(css, media) || !strings.Contains(css, "color-scheme: "+theme+";") {
			t.Errorf("%s still asks the device", theme)
		}
	}
}

func TestThemeURL(t *testing.T) {
	for accent, want := range map[string]string{
		"#0A4AA6":  "/static/theme/0a4aa6.css",
		"0a4aa6":   "/static/theme/0a4aa6.css",
		"":         "",
		"red":      "",
		"#fff":     "",
		"#0a4aa6}": "",
	} {
		if got := ThemeURL(accent); got != want {
			t.Errorf("%q: %q, want %q", accent, got, want)
		}
	}
}

func TestThemeIsReadableWhateverTheColour(t *testing.T) {
	declared := regexp.MustCompile(`--accent:#([0-9a-f]{6});--on-accent:#([0-9a-f]{6})`)
	for _, accent := range []string{"#000000", "#ffffff", "#ffd34d", "#0a7d4b", "#777777", "#ff0000", "#0000ff"} {
		css := string(read(t, get(t, http.MethodGet, ThemeURL(accent), "").Body))
		found := declared.FindAllStringSubmatch(css, -1)
		if len(found) != 2 {
			t.Fatalf("%s: %q", accent, css)
		}

		for i, surface := range []rgb{lightSurface, darkSurface} {
			if got := contrast(parse(t, found[i][1]), surface); got < textContrast {
				t.Errorf("%s on surface %06x: contrast %.2f", accent, surface, got)
			}

			if got := contrast(parse(t, found[i][1]), parse(t, found[i][2])); got < textContrast {
				t.Errorf("%s: text on it has contrast %.2f", accent, got)
			}
		}
	}
}

func TestReadableColourIsKept(t *testing.T) {
	css := string(read(t, get(t, http.MethodGet, ThemeURL("#0a4aa6"), "").Body))
	if !strings.HasPrefix(css, ":root{--accent:#0a4aa6;--on-accent:#ffffff}") {
		t.Errorf("%q", css)
	}
}

func TestSurfacesAreThoseOfTheStylesheet(t *testing.T) {
	css := string(read(t, get(t, http.MethodGet, URL("app.css"), "").Body))
	pages := regexp.MustCompile(`--page: #([0-9a-f]{6});`).FindAllStringSubmatch(css, -1)
	surfaces := regexp.MustCompile(`--surface: #([0-9a-f]{6});`).FindAllStringSubmatch(css, -1)
	if len(pages) != 2 || parse(t, pages[0][1]) != lightSurface {
		t.Errorf("light: %v", pages)
	}
	if len(surfaces) != 2 || parse(t, surfaces[1][1]) != darkSurface {
		t.Errorf("dark: %v", surfaces)
	}
}

func TestContrastOfBlackAndWhite(t *testing.T) {
	if got := contrast(0x000000, 0xffffff); got < 20.99 || got > 21.01 {
		t.Errorf("%.2f, want 21", got)
	}
}

func parse(t *testing.T, digits string) rgb {
	t.Helper()
	var c rgb
	for _, digit := range digits {
		c = c<<4 | rgb(strings.IndexRune("0123456789abcdef", digit))
	}
	return c
}
