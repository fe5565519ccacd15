//go:build e2e

package e2e

import (
	"net/http"
	"path"
	"regexp"
	"testing"
	"time"

	"github.com/playwright-community/playwright-go"
)

// words are what a buyer reads on the way, in each language.
var words = map[string]struct{ locale, choose, scan, paid string }{
	"km": {"km-KH", "តើអ្នកចង់បង់ប្រាក់តាមវិធីណា?", "ស្កេនដើម្បីបង់ប្រាក់", "ការបង់ប្រាក់ជោគជ័យ"},
	"en": {"en-US", "How would you like to pay?", "Scan to pay", "Payment received"},
	"zh": {"zh-CN", "请选择付款方式", "扫码付款", "付款成功"},
}

func TestJourneyInEachLanguage(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	for lang := range words {
		for name, options := range map[string][]device{
			"phone": {phone}, "phone without JavaScript": {phone, withoutJavaScript},
			"desktop": {desktop}, "desktop without JavaScript": {desktop, withoutJavaScript},
		} {
			t.Run(lang+" "+name, func(t *testing.T) {
				t.Parallel()
				payInLanguage(t, d, lang, options)
			})
		}
	}
}

func payInLanguage(t *testing.T, d *demo, lang string, options []device) {
	says := words[lang]
	inLanguage := func(o *playwright.BrowserNewContextOptions) { o.Locale = playwright.String(says.locale) }
	v := &visitor{buyer: newBuyer(t, options[0], append(options[1:], inLanguage)...)}
	t.Cleanup(v.checkConsole)
	v.Open(d.newSession())
	v.seeHeading(lang, says.choose)
	v.must("choose KHQR", v.Page.Locator("button[value=khqr]").Click())
	v.seeHeading(lang, says.scan)
	code := v.ReadQR(".code-area")
	wantCode(t, code, "2.50", "840")
	d.payCode(code)
	v.seeHeading(lang, says.paid)
}

// payCode pays a code that was read, as any bank app does.
func (d *demo) payCode(code string) {
	d.t.Helper()
	d.bakong(http.MethodPost, "pay", map[string]string{"qr": code})
}

func (v *visitor) seeHeading(lang, text string) {
	v.t.Helper()
	v.must("read "+text, v.expect.Locator(v.Page.Locator("html[lang="+lang+"] h1")).ToHaveText(text))
}

// TestJourneyByKeyboard pays with Tab and Enter alone.
func TestJourneyByKeyboard(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	v := newVisitor(t, desktop)
	v.Open(d.URL("shop"))
	v.tabTo("button:has-text('Iced coffee'), button[aria-label*='Iced coffee']")
	v.key("Enter")
	v.SeeState("choosing")
	v.tabTo("button[value=khqr]")
	v.key("Enter")
	v.SeeState("qr_waiting")
	v.tabTo(".hash summary")
	v.key("Enter")
	v.tabTo("#hash")
	d.payCode(v.ReadQR(".code-area"))
	v.SeeState("paid")
	v.must("keep the focus on the page", v.expect.Locator(v.Page.Locator("#title")).ToBeFocused())
	v.tabTo("main a.primary")
	v.key("Enter")
	v.ArriveAt(onThanks)
}

func (v *visitor) key(name string) {
	v.t.Helper()
	v.must("press "+name, v.Page.Keyboard().Press(name))
}

// tabTo presses Tab until the focus is on what matches.
func (v *visitor) tabTo(selector string) {
	v.t.Helper()
	target := v.Page.Locator(selector).First()
	for range 60 {
		v.key("Tab")
		focused, err := target.Evaluate(`e => e === document.activeElement`, nil)
		v.must("see where the focus is", err)
		if focused == true {
			return
		}
	}

	v.t.Fatalf("Tab does not reach %s", selector)
}

// TestCodeIsReadInEveryLight reads the code from the screen.
func TestCodeIsReadInEveryLight(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	v := newVisitor(t, phone)
	v.Open(d.newSession())
	v.ChooseKHQR()
	text, err := v.Page.Locator("[data-copy]").First().GetAttribute("data-copy")
	v.must("read the code's text", err)
	for _, theme := range []string{"light", "dark"} {
		for _, width := range []int{320, 360, 1280} {
			v.look(theme, width, 800)
			if got := v.ReadQR(".code-area"); got != text {
				t.Errorf("%s, %d px: %q", theme, width, got)
			}
		}
	}

	v.must("stop all motion", v.Page.EmulateMedia(playwright.PageEmulateMediaOptions{ReducedMotion: playwright.ReducedMotionReduce}))
	moving, err := v.Page.Evaluate(`document.getAnimations().length`)
	v.must("look for motion", err)
	if moving != 0 {
		t.Errorf("%v animations although motion is unwanted", moving)
	}
}

// TestReceiptIsCheckedByACashier scans the receipt's code from the buyer's
// screen.
func TestReceiptIsCheckedByACashier(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	v := newVisitor(t, phone)
	v.Open(d.newSession())
	v.ChooseKHQR()
	d.payCode(v.ReadQR(".code-area"))
	v.SeeState("paid")
	v.Press("Stay on this page")
	cashier := newVisitor(t, phone)
	cashier.Open(v.ReadQR(".live-code"))
	cashier.SeeElement(".verdict.yes h1:text-is('PAID')")
	cashier.Press("For the cashier")
	cashier.SeeElement(".verdict.large.yes h1:text-is('PAID')")
	cashier.See("$2.50")
	cashier.CheckAccessible()
	v.Press("Keep this receipt")
	v.SeeElement(".verdict.yes")
}

// TestBrowserInsideAnApp is Telegram's on Android: the code is a picture to
// press and hold, and a link leads out.
func TestBrowserInsideAnApp(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	v := newVisitor(t, phone, func(o *playwright.BrowserNewContextOptions) {
		o.UserAgent = playwright.String("Mozilla/5.0 (Linux; Android 14; SM-A155F; wv) AppleWebKit/537.36 (KHTML, like Gecko) " +
			"Version/4.0 Chrome/138.0.0.0 Mobile Safari/537.36 Telegram-Android/11.2")
	})

	v.Open(d.newSession())
	v.ChooseKHQR()
	v.SeeElement(".code-area img")
	first := v.ReadQR(".code-area img")
	wantCode(t, first, "2.50", "840")
	v.SeeElement("[data-in-app]")
	v.SeeElement("a[href^='intent://']")
	v.CheckAccessible()
	windows, err := v.Page.Locator("[target]").Count()
	v.must("look for new windows", err)
	if windows != 0 {
		t.Errorf("%d links open a window", windows)
	}

	other := newVisitor(t, desktop)
	other.Open(v.Page.URL())
	other.Press("Need more time? Get a new code")
	before := v.Page.Locator("[data-copy='" + first + "']") // the page's address can be copied as well
	v.must("see the code before go", v.expect.Locator(before).ToHaveCount(0))
	v.SeeElement(".code-area img")
	if again := v.ReadQR(".code-area img"); again == first {
		t.Error("the picture is of the code before")
	}
}

// TestComingBackChecksAtOnce stands the page's clock still, so that only the
// buyer's coming back can make it ask.
func TestComingBackChecksAtOnce(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	v := newVisitor(t, phone)
	v.must("hold the clock", v.Page.Clock().Install())
	address := d.newSession()
	v.Open(address)
	v.ChooseKHQR()
	v.must("stop the clock", v.Page.Clock().PauseAt(time.Now().Add(20*time.Second)))
	d.payCode(v.ReadQR(".code-area"))
	d.poll("prove the payment", func() bool {
		var session struct {
			Status string `json:"status"`
		}
		d.call(http.MethodGet, d.URL("checkout")+"/v1/checkout/sessions/"+path.Base(address), nil, &session)
		return session.Status == "complete"
	})

	// A second after the last question, which stopping the clock may have let out:
	// the page asks no sooner, and not by itself before two.
	v.must("let a second pass", v.Page.Clock().RunFor(1100))
	_, err := v.Page.Evaluate(`document.dispatchEvent(new Event("visibilitychange"))`)
	v.must("come back", err)
	v.SeeState("paid")
}

// TestCountdownRunsOnItsOwnClock puts the device's clock right by an hour while
// a code is shown.
func TestCountdownRunsOnItsOwnClock(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	for _, step := range []time.Duration{time.Hour, -time.Hour} {
		v := newVisitor(t, phone)
		v.must("take the clock", v.Page.Clock().Install())
		v.Open(d.newSession())
		v.ChooseKHQR()
		v.must("set the clock", v.Page.Clock().SetSystemTime(time.Now().Add(step)))
		v.must("let three seconds pass", v.Page.Clock().RunFor(3000))
		v.must("see the time left", v.expect.Locator(v.Page.Locator("[data-countdown]")).ToHaveText(regexp.MustCompile(`^4:[345]\d$`)))
	}
}

// TestCountdownIsCorrectedByAPoll lets the page believe that four minutes have
// passed, as a sleeping device's clock may tell otherwise than it was.
func TestCountdownIsCorrectedByAPoll(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	v := newVisitor(t, phone)
	v.must("take the clock", v.Page.Clock().Install())
	v.Open(d.newSession())
	v.ChooseKHQR()
	v.must("pass four minutes on the device alone", v.Page.Clock().FastForward(4*60*1000))
	v.must("see the time left", v.expect.Locator(v.Page.Locator("[data-countdown]")).ToHaveText(regexp.MustCompile(`^4:[345]\d$`)))
}

// TestRefusedCopyLeavesTheText is a browser that lets no page copy.
func TestRefusedCopyLeavesTheText(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	v := newVisitor(t, phone)
	v.must("refuse copying", v.Page.AddInitScript(playwright.Script{Content: playwright.String(
		`navigator.clipboard.writeText = () => Promise.reject(new Error("refused")); Document.prototype.execCommand = () => false;`)}))
	v.Open(d.newSession())
	v.ChooseKHQR()
	text, err := v.Page.Locator("[data-copy]").First().GetAttribute("data-copy")
	v.must("read the code's text", err)
	v.must("press copy", v.Page.Locator("[data-copy] summary").First().Click())
	v.SeeElement("[data-copy] .text:focus")
	selected, err := v.Page.Evaluate(`getSelection().toString()`)
	v.must("read what is selected", err)
	if selected != text {
		t.Errorf("selected %q, want %q", selected, text)
	}

	v.SeeFits()
	v.CheckAccessible()
}
