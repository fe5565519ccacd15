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

// checkoutView makes the page of a purchase. It reads nothing but its arguments.
// Offers are needed for Choosing, and at a code that could be of another currency.
func checkoutView(p checkout.Purchase, at pageState, offers []checkout.Offer, req pageRequest) templates.Checkout {
	session, merchant := p.Session, p.Merchant
	path := pagePath(session.ID)
	c := templates.Checkout{
		Page:      templates.Page{Lang: req.lang, Path: path, URL: req.baseURL + path, Assets: assets(merchant.Accent)},
		SessionID: session.ID,
		Merchant: templates.Merchant{
			Name: merchant.Name, LogoURL: req.logoURL(merchant.LogoURL),
			SupportContact: merchant.SupportContact, TermsURL: merchant.TermsURL, Accent: merchant.Accent,
		},
		Test:        session.Mode == checkout.ModeTest,
		Description: session.Description,
		Items:       lineItems(session, req.lang),
		Reference:   session.Reference,
		Amount:      formatAmount(req.lang, session.Amount),
		Currency:    string(session.Amount.Currency),
		State:       at.state,
	}
	if at.payment != nil {
		c.Method = at.payment.Method
	}

	show := map[templates.State]func(*templates.Checkout, checkout.Purchase, *checkout.Payment, pageRequest){
		templates.StateQRWaiting: addCode, templates.StateQRExpired: addCode,
		templates.StateAtProvider: addProvider,
		templates.StateFailed:     addFailure,
		templates.StatePaid:       addMoney, templates.StateLate: addMoney, templates.StateLateCancel: addMoney, templates.StateDuplicate: addMoney, templates.StateMismatch: addMoney, templates.StateOtherCurrency: addMoney, templates.StateOtherPayee: addMoney,
		templates.StateCanceled: addReturn, templates.StateSessionExpired: addReturn,
	}[at.state]
	if (at.state == templates.StateChecking || at.state == templates.StateClaimed) && !p.Open(req.now) {
		show = addReturn
	}

	if show != nil {
		show(&c, p, at.payment, req)
	}

	offers = addCurrencies(&c, p, at, offers, req)
	if at.state == templates.StateChoosing {
		addOffers(&c, p, offers, req)
	}

	c.Links, c.Notice = linksFor(p, at, path, req), noticeFor(p, at, req)
	if c.Links.PayURL != "" {
		c.Limit = sessionLimit(p, c, req)
	}

	addPolling(&c, p, at, req)
	carryLanguage(&c, req.chosen)
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
