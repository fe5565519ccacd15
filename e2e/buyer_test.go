//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/playwright-community/playwright-go"
)

const pageTimeout = 20_000 // milliseconds, for actions and for what a buyer should see

// device is what a buyer holds: it sets up a browser context.
type device func(*playwright.BrowserNewContextOptions)

func phone(o *playwright.BrowserNewContextOptions) {
	o.Viewport = &playwright.Size{Width: 360, Height: 740}
	o.Screen = o.Viewport
	o.DeviceScaleFactor = playwright.Float(2)
	o.IsMobile = playwright.Bool(true)
	o.HasTouch = playwright.Bool(true)
	o.UserAgent = playwright.String("Mozilla/5.0 (Linux; Android 14; SM-A155F) " +
		"AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile Safari/537.36")
}

func desktop(o *playwright.BrowserNewContextOptions) {
	o.Viewport = &playwright.Size{Width: 1280, Height: 800}
}

func withoutJavaScript(o *playwright.BrowserNewContextOptions) {
	o.JavaScriptEnabled = playwright.Bool(false)
}

// buyer is a person with a browser of their own. Every method fails the test
// when what it names cannot be done or seen in time.
type buyer struct {
	t       *testing.T
	Context playwright.BrowserContext
	Page    playwright.Page
	expect  playwright.PlaywrightAssertions

	protocol map[playwright.Page]playwright.CDPSession // of pages that axe-core was loaded into

	mu      sync.Mutex
	console []string
	broken  []string
}

// tracing reports whether Playwright records what happens in the pages, by which tests
// cost a fifth more.
func tracing() bool { return os.Getenv("E2E_TRACES") != "" }

// newBuyer opens a fresh browser context, as a device with options. A page
// that throws, or breaks its own Content-Security-Policy, fails the test.
func newBuyer(t *testing.T, as device, options ...device) *buyer {
	t.Helper()
	browser, err := chromium()
	if err != nil {
		t.Fatal(err)
	}

	var contextOptions playwright.BrowserNewContextOptions
	for _, set := range append([]device{as}, options...) {
		set(&contextOptions)
	}

	b := &buyer{t: t, expect: playwright.NewPlaywrightAssertions(pageTimeout)}
	b.Context, err = browser.NewContext(contextOptions)
	b.must("open a browser context", err)
	t.Cleanup(b.leave)
	b.Context.SetDefaultTimeout(pageTimeout)
	b.Context.OnConsole(b.hear)
	b.Context.OnWebError(func(e playwright.WebError) { b.note(fmt.Sprintf("uncaught: %v", e.Error()), true) })
	if tracing() {
		b.must("start tracing", b.Context.Tracing().Start(playwright.TracingStartOptions{
			Snapshots: playwright.Bool(true), // a film of screenshots would slow every test
		}))
	}
	b.Page = b.NewTab()
	return b
}

// hear reads a console line. It runs on Playwright's own loop and asks the
// browser nothing.
func (b *buyer) hear(message playwright.ConsoleMessage) {
	text := message.Text()
	b.note(message.Type()+": "+text, strings.Contains(text, "Content Security Policy"))
}

func (b *buyer) note(line string, broken bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.console = append(b.console, line)
	if broken {
		b.broken = append(b.broken, line)
	}
}

func (b *buyer) must(what string, err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
}

// NewTab opens another page of the same browser.
func (b *buyer) NewTab() playwright.Page {
	b.t.Helper()
	page, err := b.Context.NewPage()
	b.must("open a tab", err)
	return page
}

// Open goes to an address and returns the HTTP status of the answer.
func (b *buyer) Open(address string) int {
	b.t.Helper()
	response, err := b.Page.Goto(address)
	b.must("open "+address, err)
	return response.Status()
}

// Press clicks the button or link of this accessible name.
func (b *buyer) Press(name string) {
	b.t.Helper()
	button := b.Page.GetByRole("button", playwright.PageGetByRoleOptions{Name: name})
	link := b.Page.GetByRole("link", playwright.PageGetByRoleOptions{Name: name})
	b.must("press "+name, button.Or(link).First().Click())
}

// Fill types into the field of this label.
func (b *buyer) Fill(label, value string) {
	b.t.Helper()
	b.must("fill "+label, b.Page.GetByLabel(label).Fill(value))
}

// See waits until the page shows this text.
func (b *buyer) See(text string) {
	b.t.Helper()
	b.must("see "+text, b.expect.Locator(b.Page.GetByText(text).First()).ToBeVisible())
}

// SeeElement waits until the page shows this CSS selector.
func (b *buyer) SeeElement(selector string) {
	b.t.Helper()
	b.must("see "+selector, b.expect.Locator(b.Page.Locator(selector).First()).ToBeVisible())
}

// SeeNo waits until the page shows this text nowhere.
func (b *buyer) SeeNo(text string) {
	b.t.Helper()
	shown := b.Page.GetByText(text).Filter(playwright.LocatorFilterOptions{Visible: playwright.Bool(true)})
	b.must("see no "+text, b.expect.Locator(shown).ToHaveCount(0))
}

// ArriveAt waits until the page's address matches.
func (b *buyer) ArriveAt(address *regexp.Regexp) {
	b.t.Helper()
	b.must(fmt.Sprintf("arrive at %v", address), b.expect.Page(b.Page).ToHaveURL(address))
}

// Screenshot returns a PNG of the first element of a CSS selector. Carets stay, as
// hiding them would leave style attributes in the page, against its policy. A page
// that reloads itself meanwhile takes the element away: then it tries again.
func (b *buyer) Screenshot(selector string) (png []byte) {
	b.t.Helper()
	var err error
	for range 3 {
		png, err = b.Page.Locator(selector).First().Screenshot(playwright.LocatorScreenshotOptions{Caret: playwright.ScreenshotCaretInitial})
		if err == nil || !strings.Contains(err.Error(), "not attached to the DOM") {
			break
		}
	}
	b.must("screenshot "+selector, err)
	return png
}

// leave closes the context; when the test has failed it first saves what each
// page looked like, its HTML, the console and the trace if there is one.
func (b *buyer) leave() {
	b.mu.Lock()
	console, broken := strings.Join(b.console, "\n"), b.broken
	b.mu.Unlock()
	for _, line := range broken {
		b.t.Errorf("the page is broken: %s", line)
	}

	if b.t.Failed() {
		b.saveArtifacts(console)
	}

	if err := b.Context.Close(); err != nil {
		b.t.Errorf("close the browser context: %v", err)
	}
}

func (b *buyer) saveArtifacts(console string) {
	for _, page := range b.Context.Pages() {
		png, err := page.Screenshot(playwright.PageScreenshotOptions{FullPage: playwright.Bool(true)})
		if err != nil {
			b.t.Logf("screenshot of %s: %v", page.URL(), err)
			continue
		}

		b.t.Logf("%s looked like %s", page.URL(), saveArtifact(b.t, "screenshot.png", png))
		if html, err := page.Content(); err == nil {
			saveArtifact(b.t, "page.html", []byte(html))
		}
	}

	saveArtifact(b.t, "console.log", []byte(console+"\n"))
	if !tracing() {
		return
	}
	trace := saveArtifact(b.t, "trace.zip", nil)
	if err := b.Context.Tracing().Stop(trace); err != nil {
		b.t.Logf("trace: %v", err)
		_ = os.Remove(trace)
	}
}
