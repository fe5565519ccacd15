package templates

import (
	"reflect"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"
)

// trusted are the fields whose text is inlined as it is: our own drawings.
var trusted = map[string]bool{"SVG": true, "LiveSVG": true, "PageSVG": true}

// poison sets every text below v to payload, except the few that steer.
func poison(v reflect.Value, payload string) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			poison(v.Elem(), payload)
		}

	case reflect.Slice:
		for i := range v.Len() {
			poison(v.Index(i), payload)
		}

	case reflect.Struct:
		for i := range v.NumField() {
			if !trusted[v.Type().Field(i).Name] {
				poison(v.Field(i), payload)
			}
		}

	case reflect.String:
		if v.Type() != reflect.TypeFor[State]() && v.Type() != reflect.TypeFor[LinkState]() {
			v.SetString(payload)
		}
	}
}

func TestNoFieldCanInjectMarkup(t *testing.T) {
	for _, payload := range []string{`"><script id=x>alert(1)</script>`, `'><img id=x src=y onerror=alert(1)>`, `</title><b id=x>`} {
		for i, harmless := range Examples("en") {
			poison(reflect.ValueOf(&harmless).Elem(), "x")
			before := countNodes(parse(t, CheckoutPage(harmless)))
			dirty := Examples("en")[i]
			poison(reflect.ValueOf(&dirty).Elem(), payload)
			doc := parse(t, CheckoutPage(dirty))
			want(t, doc, "#x, script:not([src])", 0)
			if got := countNodes(doc); got > before {
				t.Errorf("%s: %d elements became %d", harmless.State, before, got)
			}
		}

		f := FailureExamples("en")[1]
		poison(reflect.ValueOf(&f).Elem(), payload)
		want(t, parse(t, ErrorPage(f)), "#x, script:not([src])", 0)
		want(t, parse(t, Status(Poll{URL: payload, Seconds: 1})), "#x, script", 0)
	}
}

func TestNoFieldOfALinkOrPosterCanInjectMarkup(t *testing.T) {
	for _, payload := range []string{`"><script id=x>alert(1)</script>`, `'><img id=x src=y onerror=alert(1)>`, `</title></style><b id=x>`} {
		for _, state := range []LinkState{LinkOpen, LinkSoldOut, LinkEnded} {
			field := LinkField{Field: Field{Value: "v", Error: "e"}, Name: "field_a", Label: "Table", Required: true, MaxLength: 9}
			link := Link{
				Page: Page{Lang: "en", Path: "/l/x", Preview: &Preview{"Shop", "Class", "$1.00", "https://pay.example/l/x", "https://pay.example/logo"}}, State: state, Merchant: Merchant{Name: "Shop"}, Test: true, Description: "Class",
				Amount: "$1.00", Choose: &Field{Value: "1", Error: "e"}, Currency: "USD", Least: "$1.00", Most: "$9.00",
				Fields: []LinkField{field}, Notice: &Notice{}, ResumeURL: "/c/x",
			}

			poison(reflect.ValueOf(&link).Elem(), payload)
			doc := parse(t, LinkPage(link))
			want(t, doc, "#x, script:not([src]), [onerror]", 0)
			want(t, doc, "meta[property^='og:']", 7)
		}

		poster := examplePoster(t, A4, "https://pay.example/l/x")
		poison(reflect.ValueOf(&poster).Elem(), payload)
		want(t, parse(t, PosterPage(poster)), "#x, script, [onerror]", 0)
		gallery := GalleryIndex{Page: Page{Lang: "en", Path: "/gallery"}, Names: []string{"choosing"}}
		poison(reflect.ValueOf(&gallery).Elem(), payload)
		want(t, parse(t, GalleryPage(gallery)), "#x, script:not([src]), [onerror]", 0)
	}
}

func countNodes(doc *goquery.Document) int {
	return doc.Find("*").Length()
}

func TestNoFieldCanRunAScriptByItsURL(t *testing.T) {
	for _, payload := range []string{"javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "data:text/html,x", "vbscript:x"} {
		for i := range Examples("en") {
			dirty := Examples("en")[i]
			poison(reflect.ValueOf(&dirty).Elem(), payload)
			dirty.Method = "bakong"
			checkURLs(t, CheckoutPage(dirty), payload)
		}
	}
}

func checkURLs(t *testing.T, page templ.Component, payload string) {
	t.Helper()
	doc := parse(t, page)
	for _, attribute := range []string{"href", "action", "data-return", "formaction"} {
		doc.Find("[" + attribute + "]").Each(func(_ int, s *goquery.Selection) {
			value := strings.ToLower(strings.TrimSpace(s.AttrOr(attribute, "")))
			if value == "data:," || strings.Contains(value, "?lang=") {
				return
			}
			for _, scheme := range []string{"javascript:", "data:", "vbscript:"} {
				if strings.HasPrefix(value, scheme) {
					t.Errorf("%s reaches %s of %s", payload, attribute, goquery.NodeName(s))
				}
			}
		})
	}
}

func TestDeepLinksOpenPagesAndAppsOnly(t *testing.T) {
	for address, ok := range map[string]bool{
		"https://bakong.example/x":   true,
		"bakong://pay?qr=1":          true,
		"abamobilebank://pay?id=1":   true,
		"javascript:alert(1)":        false,
		"javascript://x/%0aalert(1)": false,
		"JavaScript://x/%0aalert(1)": false,
		"data:text/html,x":           false,
		"file:///etc/passwd":         false,
		"weixin:pay":                 false,
		"intent://x#Intent;end":      false,
		"":                           false,
		"/relative":                  false,
		" https://bakong.example/x":  false,
	} {
		if got := deepLink(address) != ""; got != ok {
			t.Errorf("%q: %v, want %v", address, got, ok)
		}
	}
}

func TestSupportContactBecomesALink(t *testing.T) {
	for contact, want := range map[string]string{
		"help@shop.example":      "mailto:help@shop.example",
		"+855 12 345 678":        "tel:+85512345678",
		"(023) 345-678":          "tel:023345678",
		"https://t.me/shop":      "https://t.me/shop",
		"Ask at the counter":     "",
		"javascript:alert(1)":    "",
		"a@b.example?bcc=x@y.zz": "",
	} {
		if got := contactURL(contact); got != want {
			t.Errorf("%q: %q, want %q", contact, got, want)
		}
	}
}
