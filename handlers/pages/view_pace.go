package pages

import (
	"net/url"
	"time"

	"rieltime/checkout"
	"rieltime/web/templates"
)

// setPace says when the page asks again, with JavaScript and without.
func setPace(c *templates.Checkout, p checkout.Purchase, at pageState, a pageRequest) {
	if c.State == templates.Paid && c.ReturnSeconds > 0 {
		c.RefreshSeconds, c.RefreshURL = c.ReturnSeconds, c.ReturnURL
		return
	}

	if !polls(p, at, a.now) {
		return
	}

	since := waitingSince(p, at)
	checked := a.checked || at.state == templates.Checking
	c.PollSeconds = pace(a.now.Sub(since))
	c.PollURL = poll{
		version: p.Session.Version, until: changesAt(p, at, a.now), from: since,
		seconds: c.PollSeconds, lang: a.lang, chosen: a.chosen, choose: a.choose, offers: offersMark(*c), checked: checked, codeEnds: codeEnds(at),
	}.url(p.Session.ID)
	if at.state == templates.Choosing || a.hash {
		return // a reload would lose what the buyer is typing
	}

	c.RefreshSeconds = max(c.PollSeconds, noScriptPause)
	c.RefreshURL = pagePath(p.Session.ID)
	switch {
	case checked:
		c.RefreshURL += "?checked=1"
	case a.declined != "" && at.state == templates.AtProvider:
		c.RefreshURL += "?declined=" + url.QueryEscape(a.declined)
	}
}

// codeEnds is when the code that a page counts down runs out; zero without one.
func codeEnds(at pageState) time.Time {
	if at.state != templates.QRWaiting {
		return time.Time{}
	}
	return at.payment.ExpiresAt
}
