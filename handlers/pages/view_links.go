package pages

import (
	"net/url"

	"rieltime/checkout"
	"rieltime/web/templates"
)

// links are the forms that make sense in a state.
func links(p checkout.Purchase, at pageState, path string) templates.Links {
	var l templates.Links
	begun := at.payment != nil && at.payment.NextAction.Kind != checkout.ActionNone && at.payment.Proof == nil
	switch at.state {
	case templates.Choosing, templates.QRWaiting, templates.QRExpired, templates.AtProvider, templates.Failed:
		l.PayURL, l.CardURL, l.CancelURL = path+"/payments", path+"/card", path+"/cancel"
		if at.state != templates.Choosing {
			l.ChooseURL = path + "?choose=1"
		}

		if begun && at.state != templates.Choosing {
			l.CheckURL = path + "/check"
		}

	case templates.Claimed:
		if p.Session.Status == checkout.SessionOpen {
			l.ChooseURL = path + "?choose=1"
		}

	case templates.Paid, templates.Duplicate:
		if takesHash(p) {
			l.CheckURL = path + "/check"
		}

	case templates.SessionExpired:
		if begun && !at.payment.NextCheckAt.IsZero() {
			l.CheckURL = path + "/check"
		}
	}

	return l
}

// limit is the end of an open session, and how to move it.
func limit(p checkout.Purchase, c templates.Checkout, a pageRequest) *templates.Limit {
	l := &templates.Limit{Until: templates.FormatUntil(a.lang, p.Session.ExpiresAt, a.now), Near: closing(p, a.now)}
	if p.Extendable(a.now) {
		l.ExtendURL = pagePath(p.Session.ID) + "/extend" + keptQuery(c, a)
	}
	return l
}

// keptQuery is what a form of the page must bring back of what it shows.
func keptQuery(c templates.Checkout, a pageRequest) string {
	kept := url.Values{}
	if a.choose {
		kept.Set("choose", "1")
	}

	if mark := offersMark(c); mark != "" {
		kept.Set("offers", mark)
		kept.Set(shownLanguage, a.lang) // in place the rest of the page stays in its language
	}

	if len(kept) == 0 {
		return ""
	}

	return "?" + kept.Encode()
}
