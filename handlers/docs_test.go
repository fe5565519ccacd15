package handlers

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/labstack/echo/v4"

	"rieltime/web/static"
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

// document is what the tests of this package read of openapi.json.
type document struct {
	Paths      map[string]map[string]json.RawMessage
	Webhooks   map[string]any
	Components struct {
		Schemas struct {
			ErrorCode struct {
				OneOf []struct{ Const string }
			}
		}
	}
}

func readDocument(t *testing.T) (d document) {
	t.Helper()
	if err := json.Unmarshal(openAPI, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d document) errorCodes() (codes []string) {
	for _, code := range d.Components.Schemas.ErrorCode.OneOf {
		codes = append(codes, code.Const)
	}
	return codes
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
	document := readDocument(t)
	page := docs(t)
	calls := 0
	for path, item := range document.Paths {
		for method, raw := range item {
			var operation struct{ OperationID string }
			if method == "parameters" {
				continue
			}

			if err := json.Unmarshal(raw, &operation); err != nil {
				t.Fatal(err)
			}

			calls++
			if shown := page.Find("#call-" + operation.OperationID + " .route").Text(); !strings.Contains(shown, path) || !strings.Contains(shown, strings.ToUpper(method)) {
				t.Errorf("%s %s is shown as %q", method, path, shown)
			}
		}
	}

	if calls < 25 {
		t.Errorf("found %d calls", calls)
	}

	for name := range document.Webhooks {
		if !strings.Contains(page.Find("section[aria-labelledby=webhooks-sent]").Text(), name) {
			t.Errorf("the event %s is not shown", name)
		}
	}

	for _, code := range document.errorCodes() {
		if page.Find("#error-"+code).Length() != 1 {
			t.Errorf("the error %s is not shown", code)
		}
	}

	text := page.Text()
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
		if href := s.AttrOr("href", ""); href != static.URL("docs.css") {
			t.Errorf("the page asks for %q: run make generate", href)
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
