package handlers

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"rieltime/checkout"
	"rieltime/web/static"
	"rieltime/web/templates"
)

const (
	returnSeconds = 5                // a receipt is shown this long
	returnWithin  = 10 * time.Minute // after that a paid page stays: it is a receipt
	noScriptPause = 5                // seconds between reloads without JavaScript, at least
)

// pageRequest is what a page is made for.
type pageRequest struct {
	now     time.Time
	lang    string
	chosen  string // the language that our addresses have to carry on; may be empty
	device  checkout.Device
	choose  bool // the buyer wants another method
	leaving bool // the buyer goes to the provider now
	checked bool // a page before showed "checking"
	hash    bool // the buyer types a transaction hash
	inApp   bool // the page is shown inside another app, as far as that says so
	report  bool // the buyer has reported another payment

	declined string // why the try was declined from which the buyer's browser says that it comes back

	baseURL string
	logo    func(address string) string // where the page loads a logo from
}

func (a pageRequest) logoURL(address string) string {
	if a.logo == nil {
		return ""
	}
	return a.logo(address)
}

// view makes the page of a purchase. It reads nothing but its arguments.
// Offers are needed for Choosing only.
func view(p checkout.Purchase, at pageState, offers []checkout.Offer, a pageRequest) templates.Checkout {
	session, merchant := p.Session, p.Merchant
	path := pagePath(session.ID)
	c := templates.Checkout{
		Page:      templates.Page{Lang: a.lang, Path: path, URL: a.baseURL + path, Assets: assets(merchant.Accent)},
		SessionID: session.ID,
		Merchant: templates.Merchant{
			Name: merchant.Name, LogoURL: a.logoURL(merchant.LogoURL),
			SupportContact: merchant.SupportContact, TermsURL: merchant.TermsURL, Accent: merchant.Accent,
		},
		Test:        session.Mode == checkout.ModeTest,
		Description: session.Description,
		Items:       items(session, a.lang),
		Reference:   session.Reference,
		Amount:      amount(a.lang, session.Amount),
		Currency:    string(session.Amount.Currency),
		State:       at.state,
	}
	if at.payment != nil {
		c.Method = at.payment.Method
	}

	show := map[templates.State]func(*templates.Checkout, checkout.Purchase, *checkout.Payment, pageRequest){
		templates.QRWaiting: showCode, templates.QRExpired: showCode,
		templates.AtProvider: showProvider,
		templates.Failed:     showFailure,
		templates.Paid:       showMoney, templates.Late: showMoney, templates.LateCancel: showMoney, templates.Duplicate: showMoney, templates.Mismatch: showMoney, templates.OtherCurrency: showMoney, templates.OtherPayee: showMoney,
		templates.Canceled: showEnd, templates.SessionExpired: showEnd,
	}[at.state]
	if (at.state == templates.Checking || at.state == templates.Claimed) && !p.Open(a.now) {
		show = showEnd
	}

	if show != nil {
		show(&c, p, at.payment, a)
	}

	if at.state == templates.Choosing {
		showOffers(&c, p, offers, a)
	}

	c.Links, c.Notice = links(p, at, path), notice(p, at, a)
	if c.Links.PayURL != "" {
		c.Limit = limit(p, c, a)
	}

	setPace(&c, p, at, a)
	carryLanguage(&c, a.chosen)
	return c
}

// carryLanguage adds a chosen language to all our addresses on a page but those
// that the poll has already.
func carryLanguage(c *templates.Checkout, chosen string) {
	addresses := []*string{
		&c.URL, &c.OpenURL, &c.HashURL,
		&c.Links.PayURL, &c.Links.CardURL, &c.Links.CheckURL, &c.Links.CancelURL, &c.Links.ChooseURL,
	}
	if c.Limit != nil {
		addresses = append(addresses, &c.Limit.ExtendURL)
	}

	if c.RefreshURL != c.ReturnURL { // which is the shop's
		addresses = append(addresses, &c.RefreshURL)
	}

	for _, address := range addresses {
		*address = withLanguage(*address, chosen)
	}
}

func assets(accent string) templates.Assets {
	return templates.Assets{CSS: static.URL("app.css"), JS: static.URL("checkout.js"), Theme: static.ThemeURL(accent)}
}

// ownURL is address when it is on our own host: pages load nothing from others.
func ownURL(address, baseURL string) string {
	if strings.HasPrefix(address, baseURL+"/") || (strings.HasPrefix(address, "/") && !strings.HasPrefix(address, "//")) {
		return address
	}
	return ""
}

func amount(lang string, m checkout.Money) string {
	return templates.FormatAmount(lang, string(m.Currency), m.Minor)
}

func items(session checkout.Session, lang string) []templates.Item {
	var lines []templates.Item
	for _, item := range session.LineItems {
		whole := checkout.Money{Minor: item.Amount.Minor * int64(item.Quantity), Currency: item.Amount.Currency}
		lines = append(lines, templates.Item{Name: item.Name, Quantity: item.Quantity, Amount: amount(lang, whole)})
	}
	return lines
}

// takesHash reports whether the buyer had a code that may have been paid twice:
// Bakong tells of the first payment only, and of others by their hash.
func takesHash(p checkout.Purchase) bool {
	return slices.ContainsFunc(p.Payments, func(payment checkout.Payment) bool {
		return payment.Provider == "bakong" && payment.NextAction.Kind != checkout.ActionNone
	})
}

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

// notice warns where money may be on its way.
func notice(p checkout.Purchase, at pageState, a pageRequest) *templates.Notice {
	if at.payment == nil {
		return nil
	}

	mayBePaid := (at.payment.NextAction.Kind != checkout.ActionNone || at.payment.Lost()) && at.payment.Proof == nil
	switch at.state {
	case templates.Choosing:
		if at.payment.Lost() {
			return templates.NewNotice(a.lang, templates.NoticeStartUnknown)
		}
		if mayBePaid && (at.payment.Doubtful || !at.payment.Status.Closed()) {
			return templates.NewNotice(a.lang, templates.NoticeOtherPayment)
		}

	case templates.Paid, templates.Duplicate:
		switch {
		case inQuestion(p) != nil:
			return templates.NewNotice(a.lang, templates.NoticeReported, "merchant", p.Merchant.Name)
		case a.report:
			return templates.NewNotice(a.lang, templates.NoticeReportMissing, "merchant", p.Merchant.Name)
		}

	case templates.QRWaiting, templates.QRExpired, templates.AtProvider, templates.Failed, templates.SessionExpired:
		switch {
		case mayBePaid && at.payment.Doubtful:
			return templates.NewNotice(a.lang, templates.NoticeUnreachable)
		case mayBePaid && at.payment.Delayed:
			return templates.NewNotice(a.lang, templates.NoticeDelayed)
		case at.state == templates.AtProvider && declined(at, a) != "":
			return templates.NewNotice(a.lang, templates.NoticeDeclined, "reason", templates.T(a.lang, "reason."+declined(at, a)))
		case mayBePaid && a.checked:
			return templates.NewNotice(a.lang, templates.NoticeNotYet)
		}
	}

	return nil
}

// codeEnds is when the code that a page counts down runs out; zero without one.
func codeEnds(at pageState) time.Time {
	if at.state != templates.QRWaiting {
		return time.Time{}
	}
	return at.payment.ExpiresAt
}

// declined is why the buyer's try was declined at a provider that goes on taking
// money: as the provider says, else as the buyer's browser brought it.
func declined(at pageState, a pageRequest) string {
	for _, reason := range []string{at.payment.FailureCode, a.declined} {
		if templates.HasReason(reason) {
			return reason
		}
	}
	return ""
}

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
