//go:build e2e

package e2e

import (
	"io"
	"net/http"
	"regexp"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// The gallery has every page in every state. Its layout is checked in each language
// and theme, on a phone and on a computer. Accessibility is checked in full in Khmer;
// what the languages share (colours, structure on a wide screen) is not checked again
// in the others. These are the longest tests: they are tests of their own so that
// they run beside others, and they work more than they wait.
func TestGalleryInKhmer(t *testing.T)   { t.Parallel(); walkGallery(t, "km", true) }
func TestGalleryInEnglish(t *testing.T) { t.Parallel(); walkGallery(t, "en", false) }
func TestGalleryInChinese(t *testing.T) { t.Parallel(); walkGallery(t, "zh", false) }

func walkGallery(t *testing.T, lang string, eachTheme bool) {
	t.Helper()
	d := startDemo(t)
	onPhone, onDesktop := newVisitor(t, phone), newVisitor(t, desktop)
	names := d.galleryNames(lang)
	if len(names) < 30 {
		t.Fatalf("the gallery shows %d pages", len(names))
	}

	for _, name := range names {
		address := d.URL("checkout") + "/gallery/" + name + "?lang=" + lang
		onPhone.openSpecimen(address, lang, 360, 740)
		onPhone.CheckAccessible()
		onPhone.look("dark", 320, 600)
		if eachTheme {
			onPhone.CheckContrast()
		}
		onPhone.seeNothingCut(name + " at 320 px")
		onPhone.enlargeText()
		onPhone.seeNothingCut(name + " with text of 200 % at 320 px")

		onDesktop.openSpecimen(address, lang, 1280, 800)
		onDesktop.seeNothingCut(name + " at 1280 px")
		if eachTheme {
			onDesktop.CheckAccessible()
			onDesktop.look("dark", 1280, 800)
			onDesktop.CheckContrast()
		}
	}
}

func (v *visitor) openSpecimen(address, lang string, width, height int) {
	v.t.Helper()
	v.look("light", width, height)
	v.Open(address)
	if got, err := v.Page.Evaluate(`document.documentElement.getAttribute("lang")`); err != nil || got != lang {
		v.t.Errorf("%s is in %q, %v", address, got, err)
	}
}

var specimen = regexp.MustCompile(`data-specimen="([^"]+)"`)

// galleryNames reads the names from the index, whose frames would be every page once more.
func (d *demo) galleryNames(lang string) (names []string) {
	d.t.Helper()
	response, err := http.Get(d.URL("checkout") + "/gallery?lang=" + lang)
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	page, err := io.ReadAll(response.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, found := range specimen.FindAllSubmatch(page, -1) {
		names = append(names, string(found[1]))
	}
	return names
}

// look sets the device's theme and the size of its window.
func (v *visitor) look(theme string, width, height int) {
	v.t.Helper()
	scheme := playwright.ColorSchemeLight
	if theme == "dark" {
		scheme = playwright.ColorSchemeDark
	}
	v.must("choose a theme", v.Page.EmulateMedia(playwright.PageEmulateMediaOptions{
		ColorScheme: scheme, ReducedMotion: playwright.ReducedMotionReduce, // colours change at once
	}))
	v.must("resize", v.Page.SetViewportSize(width, height))
}

func (v *visitor) enlargeText() {
	v.t.Helper()
	_, err := v.Page.Evaluate(`document.documentElement.style.fontSize = "200%"`)
	v.must("enlarge the text", err)
}

// seeNothingCut fails the test when the page scrolls sideways, a text is cut off
// by its box, a drawing spills out of its own, or an amount is broken in two.
func (v *visitor) seeNothingCut(what string) {
	v.t.Helper()
	cut, err := v.Page.Evaluate(`() => {
		const page = document.documentElement, over = page.scrollWidth - page.clientWidth;
		if (over > 0) { return "it is " + over + " px too wide"; }
		const clips = e => e.scrollHeight > e.clientHeight + 1 && getComputedStyle(e).overflowY !== "visible" && getComputedStyle(e).clipPath === "none";
		const out = e => { const box = e.getBoundingClientRect(); return box.width > 1 && (box.right > page.clientWidth + 1 || box.left < -1); };
		const spills = e => e.matches(".card, .badge, .initial") && (e.scrollHeight > e.clientHeight + 1 || e.scrollWidth > e.clientWidth + 1);
		const lines = (text, word) => {
			const range = new Range();
			range.setStart(text, word.index);
			range.setEnd(text, word.index + word[0].length);
			return new Set([...range.getClientRects()].map(box => box.top)).size;
		};
		const breaks = e => e.matches(".amount, .sum b") && [...e.firstChild.data.matchAll(/[^ ]+/g)].some(word => lines(e.firstChild, word) > 1);
		const bad = [...document.querySelectorAll("main *, header *, footer *")].find(e => (e.checkVisibility() && out(e)) || clips(e) || spills(e) || breaks(e));
		return bad ? bad.outerHTML.slice(0, 120) : "";
	}`)

	v.must("measure "+what, err)
	if cut != "" {
		v.t.Errorf("%s: %v", what, cut)
	}
}

// TestGalleryInItsFrames looks at the index itself, whose frames its own policy
// must let in.
func TestGalleryInItsFrames(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	v := newVisitor(t, desktop)
	v.Open(d.URL("checkout") + "/gallery?lang=en&theme=dark")
	v.CheckAccessible()
	heading := v.Page.FrameLocator(`iframe[title="choosing"]`).Locator("h1")
	v.must("see a page in its frame", v.expect.Locator(heading).ToHaveText("How would you like to pay?"))
}

// TestPrintedAnswerIsDarkOnPaper looks at the answer as a printer that draws
// backgrounds does.
func TestPrintedAnswerIsDarkOnPaper(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	v := newVisitor(t, desktop)
	v.must("print", v.Page.EmulateMedia(playwright.PageEmulateMediaOptions{Media: playwright.MediaPrint}))
	for _, name := range []string{"receipt_paid", "cashier_unpaid"} {
		v.Open(d.URL("checkout") + "/gallery/" + name + "?lang=en")
		ground, err := v.Page.Locator(".verdict").Evaluate("e => getComputedStyle(e).backgroundColor", nil)
		v.must("read the background", err)
		if ground != "rgba(0, 0, 0, 0)" {
			t.Errorf("%s: black letters on %v", name, ground)
		}
	}
}
