package handlers

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/labstack/echo/v4"
)

func serve(t *testing.T, handle func(*server) echo.HandlerFunc) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	c := echo.New().NewContext(httptest.NewRequest(http.MethodGet, "/", nil), w)
	if err := handle(&server{})(c); err != nil {
		t.Fatal(err)
	}
	return w
}

func docs(t *testing.T) *goquery.Document {
	t.Helper()
	w := serve(t, func(s *server) echo.HandlerFunc { return s.serveDocs })
	doc, err := goquery.NewDocumentFromReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestDocsShowEveryCallSchemaEventAndError(t *testing.T) {
	t.Parallel()
	root, err := readTree(openAPI)
	if err != nil {
		t.Fatal(err)
	}
	page := docs(t)
	calls := 0
	for _, path := range root.at("paths").members() {
		for _, method := range root.at("paths", path).members() {
			if id := root.at("paths", path, method).text("operationId"); id != "" {
				calls++
				if shown := page.Find("#call-" + id + " .route").Text(); !strings.Contains(shown, path) || !strings.Contains(shown, strings.ToUpper(method)) {
					t.Errorf("%s %s is shown as %q", method, path, shown)
				}
			}
		}
	}
	if calls < 25 {
		t.Errorf("found %d calls", calls)
	}
	text := page.Text()
	for _, name := range root.at("webhooks").members() {
		if !strings.Contains(page.Find("section[aria-labelledby=webhooks-sent]").Text(), name) {
			t.Errorf("the event %s is not shown", name)
		}
	}
	for _, element := range root.at("components", "schemas", "ErrorCode").list("oneOf") {
		if code := element.(*tree).text("const"); page.Find("#error-"+code).Length() != 1 {
			t.Errorf("the error %s is not shown", code)
		}
	}
	if strings.Contains(text, "ZgotmplZ") || strings.Contains(text, "%!") {
		t.Error("a value could not be shown")
	}
}

func TestDocsLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	page := docs(t)
	ids := map[string]int{}
	page.Find("[id]").Each(func(_ int, s *goquery.Selection) { ids[s.AttrOr("id", "")]++ })
	for id, count := range ids {
		if count > 1 {
			t.Errorf("%d elements have the id %s", count, id)
		}
	}
	links := page.Find("a[href^='#']")
	if links.Length() < 100 {
		t.Errorf("found %d links", links.Length())
	}
	links.Each(func(_ int, s *goquery.Selection) {
		if id := s.AttrOr("href", "")[1:]; ids[id] == 0 {
			t.Errorf("%q leads to #%s, which is nowhere", s.Text(), id)
		}
	})
}

func TestDocsNeedNobodyElse(t *testing.T) {
	t.Parallel()
	w := serve(t, func(s *server) echo.HandlerFunc { return s.serveDocs })
	if policy := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'; style-src 'self'; ") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy %q", policy)
	}
	page := docs(t)
	if page.Find("script, style, [style], img, iframe").Length() > 0 {
		t.Error("the page has scripts, styles or pictures inside")
	}
	page.Find("link").Each(func(_ int, s *goquery.Selection) {
		if href := s.AttrOr("href", ""); !strings.HasPrefix(href, "/static/docs.") {
			t.Errorf("the page asks for %q", href)
		}
	})
}

func TestOpenAPIIsServedAsItIs(t *testing.T) {
	t.Parallel()
	w := serve(t, func(s *server) echo.HandlerFunc { return s.serveOpenAPI })
	if w.Header().Get("Content-Type") != "application/json" || w.Body.String() != string(openAPI) {
		t.Errorf("%s, %d bytes", w.Header().Get("Content-Type"), w.Body.Len())
	}
}

func TestProseEscapesWhatIsNotMarkup(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a <b> `c<d>`":                "<p>a &lt;b&gt; <code>c&lt;d&gt;</code></p>",
		"## Keys\nOne.\n\nTwo.":       `<h2 id="keys">Keys</h2><p>One.</p><p>Two.</p>`,
		"| a | b |\n| - | - |\n|1|2|": `<div class="scroll" tabindex="0" role="region" aria-label="Table"><table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table></div>`,
		"":                            "",
	} {
		if got := string(prose(text)); got != want {
			t.Errorf("%q is drawn as %s, want %s", text, got, want)
		}
	}
}
