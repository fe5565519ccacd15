package templates

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"
)

func render(t *testing.T, c templ.Component) string {
	t.Helper()
	var out bytes.Buffer
	if err := c.Render(context.Background(), &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func parse(t *testing.T, c templ.Component) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(render(t, c)))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// find is the example of state in lang.
func find(t *testing.T, lang string, state State) Checkout {
	t.Helper()
	for _, c := range Examples(lang) {
		if c.State == state {
			return c
		}
	}
	t.Fatalf("no example of %s", state)
	return Checkout{}
}

func want(t *testing.T, doc *goquery.Document, selector string, count int) {
	t.Helper()
	if got := doc.Find(selector).Length(); got != count {
		t.Errorf("%s: %d times, want %d", selector, got, count)
	}
}

// eachExample calls check for every page of the gallery in every language.
func eachExample(t *testing.T, check func(t *testing.T, page templ.Component)) {
	for _, lang := range Languages {
		for i, c := range Examples(lang) {
			c.Assets = Assets{CSS: "/static/app.1.css", JS: "/static/checkout.1.js", Theme: "/static/theme/0a4aa6.css"}
			c.RefreshSeconds = c.PollSeconds
			t.Run(fmt.Sprintf("%s/%d_%s", lang, i, c.State), func(t *testing.T) { check(t, CheckoutPage(c)) })
		}

		for _, s := range Gallery(lang) {
			page := s.Page(Page{Lang: lang, Path: "/gallery/" + s.Name, Assets: Assets{CSS: "/static/app.1.css", JS: "/static/checkout.1.js"}})
			t.Run(lang+"/"+s.Name, func(t *testing.T) { check(t, page) })
		}
	}
}

func TestEveryStateHasAnExample(t *testing.T) {
	for _, state := range allStates {
		if state != StateNotFound && state != StateBroken && state != StateBusy {
			find(t, "en", state)
		}
	}
}

func TestEveryPageHasOneHeadingOneMainAndItsLanguage(t *testing.T) {
	for _, lang := range Languages {
		for _, c := range Examples(lang) {
			doc := parse(t, CheckoutPage(c))
			want(t, doc, "h1#title", 1)
			want(t, doc, "main#checkout", 1)
			want(t, doc, "#status", 1)
			want(t, doc, "[role=status]", 1)
			want(t, doc, `html[lang="`+lang+`"]`, 1)
			want(t, doc, `.languages a[aria-current=true][lang="`+lang+`"]`, 1)
			if title := doc.Find("title").Text(); !strings.Contains(title, c.Merchant.Name) {
				t.Errorf("%s: title %q does not name the merchant", c.State, title)
			}

			order := doc.Find("header.order").Text()
			for _, part := range []string{c.Merchant.Name, c.Amount, c.Description, c.Reference} {
				if !strings.Contains(order, part) {
					t.Errorf("%s: the order does not say %q", c.State, part)
				}
			}
		}
	}
}

var keyPattern = regexp.MustCompile(`\b(page|order|state|action|return|qr|hash|field|method|reason|notice|receipt|failure|time)\.[a-z_]+\b`)

func TestNoTextIsAMissingKeyOrAnUnfilledPlaceholder(t *testing.T) {
	eachExample(t, func(t *testing.T, page templ.Component) {
		doc := parse(t, page)
		doc.Find("[data-text]").RemoveAttr("data-text") // app.js fills {seconds}
		text := doc.Find("body").Text()
		if strings.ContainsAny(text, "{}") {
			t.Errorf("placeholder left in %q", text)
		}
		if key := keyPattern.FindString(text); key != "" {
			t.Errorf("the key %s is shown as text", key)
		}
	})
}

func TestNoInlineScriptOrStyle(t *testing.T) {
	eachExample(t, func(t *testing.T, page templ.Component) {
		doc := parse(t, page)
		want(t, doc, "style", 0)
		want(t, doc, "[style]", 0)
		want(t, doc, "script:not([src])", 0)
		want(t, doc, `[href^="javascript:"]`, 0)
		doc.Find("*").Each(func(_ int, s *goquery.Selection) {
			for _, attribute := range s.Nodes[0].Attr {
				if strings.HasPrefix(attribute.Key, "on") || strings.HasPrefix(attribute.Key, "hx-on") {
					t.Errorf("inline handler %s on %s", attribute.Key, goquery.NodeName(s))
				}
				if attribute.Key == "hx-trigger" && strings.Contains(attribute.Val, "[") {
					t.Errorf("a trigger filter needs eval: %s", attribute.Val)
				}
			}
		})
	})
}

func TestIDsAreUniqueAndLabelsPointSomewhere(t *testing.T) {
	eachExample(t, func(t *testing.T, page templ.Component) {
		doc := parse(t, page)
		seen := map[string]bool{}
		doc.Find("[id]").Each(func(_ int, s *goquery.Selection) {
			if id := s.AttrOr("id", ""); seen[id] {
				t.Errorf("id %s twice", id)
			} else {
				seen[id] = true
			}
		})

		for _, attribute := range []string{"for", "aria-describedby", "aria-labelledby"} {
			doc.Find("[" + attribute + "]").Each(func(_ int, s *goquery.Selection) {
				if id := s.AttrOr(attribute, ""); !seen[id] {
					t.Errorf("%s points to %q, which is not there", attribute, id)
				}
			})
		}

		doc.Find("input:not([type=hidden])").Each(func(_ int, s *goquery.Selection) {
			want(t, doc, `label[for="`+s.AttrOr("id", "")+`"]`, 1)
		})
	})
}

func TestRefreshIsOnlyForPagesWithoutJavaScript(t *testing.T) {
	c := find(t, "en", StateQRWaiting)
	c.RefreshSeconds, c.RefreshURL = 5, "/c/cs_1"
	doc := parse(t, CheckoutPage(c))
	// The parser reads a head's noscript as text, as a browser with scripts does.
	if got := doc.Find("head noscript").Text(); !strings.Contains(got, `http-equiv="refresh" content="5;url=/c/cs_1"`) {
		t.Errorf("noscript is %q", got)
	}
	c.RefreshSeconds = 0
	want(t, parse(t, CheckoutPage(c)), "head noscript", 0)
}

func TestLanguageLinksKeepTheQuery(t *testing.T) {
	c := find(t, "en", StateChoosing)
	c.Path = "/c/cs_1?choose=1&lang=en"
	doc := parse(t, CheckoutPage(c))
	if got := doc.Find(".languages a[lang=zh]").AttrOr("href", ""); got != "/c/cs_1?choose=1&lang=zh" {
		t.Errorf("href is %q", got)
	}
}

func TestUnknownLanguageIsKhmer(t *testing.T) {
	c := find(t, "en", StateChoosing)
	c.Lang = "fr"
	want(t, parse(t, CheckoutPage(c)), "html[lang=km]", 1)
}

func TestTestModeIsShownOnlyInTestMode(t *testing.T) {
	c := find(t, "en", StateChoosing)
	want(t, parse(t, CheckoutPage(c)), ".test-banner", 1)
	c.Test = false
	want(t, parse(t, CheckoutPage(c)), ".test-banner", 0)
}

func TestPollIsSmallAndStopsWhenFinal(t *testing.T) {
	p := Poll{URL: "/c/cs_test_01k2m3n4p5q6r7s8t9v0w1x2y3/status?seen=qr_waiting", Seconds: 3}
	html := render(t, Status(p))
	if len(html) > 1024 {
		t.Errorf("%d bytes", len(html))
	}

	doc := parse(t, Status(p))
	if got := doc.Find("#status").AttrOr("hx-trigger", ""); got != "load delay:3s, poll" {
		t.Errorf("hx-trigger is %q", got)
	}

	if got := doc.Find("#status").AttrOr("hx-get", ""); got != p.URL {
		t.Errorf("hx-get is %q", got)
	}

	p.Seconds = 0
	doc = parse(t, Status(p))
	want(t, doc, "#status", 1)
	want(t, doc, "[hx-get], [hx-trigger]", 0)
}

func TestErrorPageNamesTheKindAndTheRequest(t *testing.T) {
	for _, f := range FailureExamples("en") {
		doc := parse(t, ErrorPage(f))
		if got := doc.Find("h1").Text(); got != T("en", "state."+string(f.State)+".title") {
			t.Errorf("%s: heading %q", f.State, got)
		}

		if !strings.Contains(doc.Find("main").Text(), f.RequestID) {
			t.Errorf("%s: no request id", f.State)
		}
	}

	if got := parse(t, ErrorPage(Failure{})).Find("h1").Text(); got != T("km", "state.error.title") {
		t.Errorf("the zero failure reads %q", got)
	}
}

// Under load a browser paints what it has read so far, and moves what is centred
// when the rest of its line comes: pages ask to be painted once they are whole.
func TestPagesArePaintedOnlyWhole(t *testing.T) {
	eachExample(t, func(t *testing.T, page templ.Component) {
		doc := parse(t, page)
		target := doc.Find("head link[rel=expect][blocking=render]").AttrOr("href", "")
		end := doc.Find("body").Children().Last()
		if !strings.HasPrefix(target, "#") || end.AttrOr("id", "") != target[1:] {
			t.Errorf("it is painted after %q, and ends with %q", target, end.AttrOr("id", ""))
		}
	})
}
