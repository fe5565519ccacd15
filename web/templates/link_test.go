package templates

import (
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"
)

func rendered(t *testing.T, component templ.Component) (string, *goquery.Document) {
	t.Helper()
	var out strings.Builder
	if err := component.Render(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(out.String()))
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), doc
}

func examplePoster(t *testing.T, size PosterSize, address string) Poster {
	t.Helper()
	svg, err := QRSVG(address)
	if err != nil {
		t.Fatal(err)
	}
	return Poster{Size: size, Merchant: "Tuk Tuk Cafe", Description: "Cooking class", Amount: "$5.00", URL: address, SVG: svg}
}

func TestPosterCodeLeadsToItsLink(t *testing.T) {
	const address = "https://pay.example.com/l/pl_0123456789abcdefghjkmnpq"
	for _, size := range []PosterSize{A4, A6} {
		text, doc := rendered(t, PosterPage(examplePoster(t, size, address)))
		_, svg, _ := strings.Cut(text, "<svg")
		svg, _, _ = strings.Cut(svg, "</svg>")
		if got := decode(t, rasterise(t, "<svg"+svg+"</svg>", 4)); got != address {
			t.Errorf("%s: the code says %q", size, got)
		}

		if doc.Find("body."+strings.ToLower(string(size))).Length() != 1 {
			t.Errorf("%s: the body is of another size", size)
		}
	}
}

func TestPosterSpeaksKhmerAndEnglish(t *testing.T) {
	_, doc := rendered(t, PosterPage(examplePoster(t, A4, "https://pay.example/l/pl_a")))
	for _, key := range append([]string{"poster.scan"}, posterSteps...) {
		for _, lang := range []string{"km", "en"} {
			if !strings.Contains(doc.Find("[lang="+lang+"]").Text(), T(lang, key)) {
				t.Errorf("%s is not there in %s", key, lang)
			}
		}
	}

	if text := doc.Find("header").Text(); !strings.Contains(text, "Tuk Tuk Cafe") || !strings.Contains(text, "$5.00") {
		t.Errorf("the header says %q", text)
	}
}

func TestPosterWithoutAnAmountNamesWhoChoosesIt(t *testing.T) {
	poster := examplePoster(t, A6, "https://pay.example/l/pl_a")
	poster.Amount = ""
	if _, doc := rendered(t, PosterPage(poster)); !strings.Contains(doc.Find("header").Text(), T("km", "poster.any_amount")) {
		t.Errorf("the header says %q", doc.Find("header").Text())
	}
}

func TestLinkPageIsLabelledInEveryLanguage(t *testing.T) {
	for _, lang := range Languages {
		_, doc := rendered(t, LinkPage(Link{
			Page: Page{Lang: lang, Path: "/l/pl_a"}, State: LinkOpen, Merchant: Merchant{Name: "Tuk Tuk Cafe"}, Amount: "$1.00 – $9.00",
			Choose: &Field{Error: "no"}, Currency: "USD", Least: "$1.00", Most: "$9.00",
			Fields: []LinkField{{Name: "field_a", Label: "A", MaxLength: 9}, {Name: "field_b", Label: "B", Required: true, MaxLength: 9}},
		}))
		if doc.Find("html").AttrOr("lang", "") != lang {
			t.Errorf("%s: the page is in %s", lang, doc.Find("html").AttrOr("lang", ""))
		}

		doc.Find("input").Each(func(_ int, input *goquery.Selection) {
			id := input.AttrOr("id", "")
			if doc.Find("label[for='"+id+"']").Length() != 1 {
				t.Errorf("%s: %s has no label", lang, id)
			}
			for _, described := range strings.Fields(input.AttrOr("aria-describedby", "")) {
				if doc.Find("#"+described).Length() != 1 {
					t.Errorf("%s: %s is described by %s, which is not there", lang, id, described)
				}
			}
		})
		if doc.Find("form").AttrOr("action", "") != "/l/pl_a" {
			t.Errorf("%s: the form goes to %s", lang, doc.Find("form").AttrOr("action", ""))
		}
	}
}

func TestWhatTheBuyerBeganComesFirst(t *testing.T) {
	for resume, want := range map[string]string{"": "Continue", "/c/cs_1": "Continue the payment you started"} {
		_, doc := rendered(t, LinkPage(Link{Page: Page{Lang: "en", Path: "/l/pl_1"}, State: LinkOpen, ResumeURL: resume}))
		if first := doc.Find(".primary"); first.Length() != 1 || first.Text() != want {
			t.Errorf("resume %q: first come %d, %q", resume, first.Length(), first.Text())
		}
	}
}
