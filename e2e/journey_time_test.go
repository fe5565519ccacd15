//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"path"
	"testing"
	"time"
)

// newShortSession is a checkout that ends as soon as a session may.
func (d *demo) newShortSession() (address string) {
	d.t.Helper()
	var session struct {
		URL string `json:"url"`
	}
	d.call(http.MethodPost, d.URL("checkout")+"/v1/checkout/sessions", map[string]any{
		"amount": "2.50", "currency": "USD", "reference": fmt.Sprint("short-", time.Now().UnixNano()), "expires_in": 300,
		"success_url": d.URL("shop") + "/thanks", "cancel_url": d.URL("shop") + "/canceled",
	}, &session)
	return session.URL
}

// life is how long a session is to live in all.
func (d *demo) life(address string) time.Duration {
	d.t.Helper()
	var session struct {
		CreatedAt time.Time `json:"created_at"`
		ExpiresAt time.Time `json:"expires_at"`
	}
	d.call(http.MethodGet, d.URL("checkout")+"/v1/checkout/sessions/"+path.Base(address), nil, &session)
	return session.ExpiresAt.Sub(session.CreatedAt)
}

func TestJourneyMoreTimeWithoutJavaScript(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	v := newVisitor(t, phone, withoutJavaScript)
	address := d.newShortSession()
	v.Open(address)
	v.Press("I need more time")
	v.SeeState("choosing")
	v.ChooseKHQR()
	v.Press("I need more time")
	v.SeeState("qr_waiting")
	if got := d.life(address); got != 65*time.Minute {
		t.Errorf("the session lives for %v, want 65m", got)
	}
}

// TestJourneyMoreTimeWhileTyping reaches the warning, three minutes before the end,
// with a form half filled in.
func TestJourneyMoreTimeWhileTyping(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	v := newVisitor(t, phone)
	address := d.newShortSession()
	v.Open(address)
	v.must("open the form", v.Page.Locator("summary.method").First().Click())
	v.must("type", v.Page.Locator("details[open] input[name=name]").Fill("Sok Dara"))
	v.SeeNo("If you need longer")
	d.age(address, 2*time.Minute)
	warning := v.expect.Locator(v.Page.Locator("#limit .notice"))
	v.must("see the warning", warning.ToBeVisible())
	v.seeAnnounced("If you need longer, ask for more time.")
	v.must("reach the button", v.Page.Locator("#limit button").Focus())
	v.key("Enter")
	v.must("see the warning go", v.expect.Locator(v.Page.Locator("#limit .notice")).ToHaveCount(0))
	v.must("keep the focus", v.expect.Locator(v.Page.Locator("#limit")).ToBeFocused())
	v.must("keep what was typed", v.expect.Locator(v.Page.Locator("details[open] input[name=name]")).ToHaveValue("Sok Dara"))
	v.seeAnnounced("Please pay before")
	if got := d.life(address); got != 35*time.Minute {
		t.Errorf("the session lives for %v, want 35m", got)
	}

	v.CheckAccessible()
}

// age makes a session older than it is.
func (d *demo) age(address string, by time.Duration) {
	d.t.Helper()
	d.execute("UPDATE sessions SET created_at = created_at - $1, expires_at = expires_at - $1, version = version + 1 WHERE id = $2", by.Milliseconds(), path.Base(address))
}

// seeAnnounced waits until a screen reader is told a text.
func (v *visitor) seeAnnounced(text string) {
	v.t.Helper()
	v.must("announce "+text, v.expect.Locator(v.Page.Locator("#announce")).ToContainText(text))
}
