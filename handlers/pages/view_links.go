package pages

import (
	"net/url"

	"rieltime/checkout"
	"rieltime/web/templates"
)

// linksFor returns the addresses of the forms that a state offers.
func linksFor(p checkout.Purchase, at pageState, path string, req pageRequest) templates.Links {
	var l templates.Links
	mayBePaid := at.payment != nil && at.payment.NextAction.Kind != checkout.ActionNone && at.payment.Proof == nil
	switch at.state {
	case templates.StateChoosing, templates.StateQRWaiting, templates.StateQRExpired, templates.StateAtProvider, templates.StateFailed:
		l.PayURL, l.CardURL, l.CancelURL = path+"/payments", path+"/card", path+"/cancel"
		if at.state != templates.StateChoosing {
			l.ChooseURL = path + "?choose=1"
		}

		if mayBePaid && at.state != templates.StateChoosing {
			l.CheckURL = path + "/check"
		}

	case templates.StateClaimed, templates.StateChecking:
		if (at.state == templates.StateClaimed || claimKept(p)) && p.Session.Status == checkout.SessionOpen {
			l.ChooseURL = path + "?choose=1"
		}

	case templates.StatePaid, templates.StateDuplicate:
		if acceptsHash(p, req) {
			l.CheckURL = path + "/check"
		}

	case templates.StateSessionExpired:
		if mayBePaid && !at.payment.NextCheckAt.IsZero() {
			l.CheckURL = path + "/check"
		}
	}

	return l
}

// sessionLimit is when an open session ends, and how to extend it.
func sessionLimit(p checkout.Purchase, c templates.Checkout, req pageRequest) *templates.Limit {
	l := &templates.Limit{Until: templates.FormatUntil(req.lang, p.Session.ExpiresAt, req.now), Near: closesSoon(p, req.now)}
	if p.Extendable(req.now) {
		l.ExtendURL = pagePath(p.Session.ID) + "/extend" + formQuery(c, req)
	}
	return l
}

// formQuery is the query by which a form says what its page shows.
func formQuery(c templates.Checkout, req pageRequest) string {
	query := url.Values{}
	if req.choose {
		query.Set("choose", "1")
	}

	if currency := chosenCurrency(c); currency != "" {
		query.Set("currency", currency)
	}

	if offers := offersFingerprint(c); offers != "" {
		query.Set("offers", offers)
		query.Set(shownLanguageParam, req.lang) // the rest of the page stays in this language
	}

	if len(query) == 0 {
		return ""
	}

	return "?" + query.Encode()
}
