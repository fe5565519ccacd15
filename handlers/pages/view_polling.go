package pages

import (
	"net/url"
	"time"

	"rieltime/checkout"
	"rieltime/handlers/internal/pace"
	"rieltime/web/templates"
)

// addPolling sets when the page polls, or reloads without JavaScript.
func addPolling(c *templates.Checkout, p checkout.Purchase, at pageState, req pageRequest) {
	// A paid page goes back to the shop instead.
	if c.State == templates.StatePaid && c.ReturnSeconds > 0 {
		c.RefreshSeconds, c.RefreshURL = c.ReturnSeconds, c.ReturnURL
		return
	}

	if !shouldPoll(p, at, req.now) {
		return
	}

	since := waitingSince(p, at)
	checked := req.checking || at.state == templates.StateChecking
	c.PollSeconds = pace.Interval(req.now.Sub(since))
	c.PollURL = pollQuery{
		version: p.Session.Version, until: nextChange(p, at, req.now), from: since,
		seconds: c.PollSeconds, lang: req.lang, chosen: req.chosen, choose: req.choose, currency: chosenCurrency(*c), offers: offersFingerprint(*c), checked: checked, codeExpires: codeExpiry(at),
	}.url(p.Session.ID)
	if at.state == templates.StateChoosing || req.hashOpen {
		return // a reload would lose what the buyer is typing
	}

	c.RefreshSeconds = max(c.PollSeconds, noScriptPause)
	c.RefreshURL = pagePath(p.Session.ID)
	switch {
	case checked:
		c.RefreshURL += "?checked=1"
	case req.declined != "" && at.state == templates.StateAtProvider:
		c.RefreshURL += "?declined=" + url.QueryEscape(req.declined)
	}
}

// chosenCurrency is what forms and polls of a choice of methods carry on; empty for other
// pages.
func chosenCurrency(c templates.Checkout) string {
	if c.State != templates.StateChoosing || c.Currencies == nil {
		return ""
	}
	return c.Currencies.Paying
}

// codeExpiry is when the code that a page counts down expires; zero without one.
func codeExpiry(at pageState) time.Time {
	if at.state != templates.StateQRWaiting {
		return time.Time{}
	}
	return at.payment.ExpiresAt
}
