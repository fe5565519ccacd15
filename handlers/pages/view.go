package pages

import (
	"time"

	"rieltime/checkout"
	"rieltime/web/templates"
)

const (
	returnSeconds = 5                // a receipt is shown this long
	returnWithin  = 10 * time.Minute // after that a paid page stays: it is a receipt
	noScriptPause = 5                // seconds between reloads without JavaScript, at least
)

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
