package pages

import (
	"net/url"
	"slices"

	"rieltime/checkout"
	"rieltime/web/templates"
)

// addCurrencies adds the choice between currencies, if the session has one, and returns the
// offers in the one that is chosen. The amount of the payment that the page is about comes
// first; before there is one, riel does on Khmer pages, else the price.
func addCurrencies(c *templates.Checkout, p checkout.Purchase, at pageState, offers []checkout.Offer, req pageRequest) []checkout.Offer {
	session := p.Session
	if len(session.Converted) == 0 {
		return offers
	}

	amounts, paying := session.Payable(), paidIn(session, at, offers, req)
	switch {
	case at.state != templates.StateChoosing && at.payment != nil:
		inFront(amounts, paying)
	case req.lang == "km":
		inFront(amounts, checkout.KHR)
	}
	converted := session.Converted[0]
	step := checkout.Money{Minor: converted.Rounding.Step, Currency: converted.Amount.Currency}
	c.Amount = formatAmount(req.lang, amounts[0])
	c.Currencies = &templates.Currencies{
		Price:  formatAmount(req.lang, session.Amount),
		Paying: string(paying), Rate: templates.FormatRate(req.lang, string(converted.Rate)),
		Rounding: string(converted.Rounding.How), Step: formatAmount(req.lang, step),
	}
	if p.Open(req.now) {
		c.Currencies.Until = templates.FormatClock(session.ExpiresAt)
	}

	var chosen []checkout.Offer
	for i, amount := range amounts {
		choice := templates.CurrencyChoice{
			Code: string(amount.Currency), Amount: formatAmount(req.lang, amount), Current: amount.Currency == paying,
			URL: withLanguage(choiceAddress(session.ID, amount.Currency), req.chosen),
		}
		if i > 0 {
			c.Currencies.Also = append(c.Currencies.Also, choice.Amount)
		}

		inIt := offersIn(offers, amount.Currency)
		if choice.Current {
			chosen = inIt
		}
		switch {
		case at.state == templates.StateChoosing && len(inIt) > 0:
			c.Currencies.Choices = append(c.Currencies.Choices, choice)
		case at.payment != nil && !choice.Current && slices.ContainsFunc(inIt, func(o checkout.Offer) bool { return o.ID == at.payment.Method && o.Unavailable == "" }):
			c.Currencies.Others = append(c.Currencies.Others, choice)
		}
	}
	return chosen
}

// inFront moves the amount in a currency to the front.
func inFront(amounts []checkout.Money, currency checkout.Currency) {
	later := func(m checkout.Money) int {
		if m.Currency == currency {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(amounts, func(a, b checkout.Money) int { return later(a) - later(b) })
}

// paidIn is the currency of a page: of the payment that it shows, the one that the buyer
// asks for, that of the attempt before, or the price's; one that no method takes gives way to
// one that a method does.
func paidIn(session checkout.Session, at pageState, offers []checkout.Offer, req pageRequest) checkout.Currency {
	if at.state != templates.StateChoosing {
		if at.payment != nil {
			return at.payment.Amount.Currency
		}
		return session.Amount.Currency
	}

	if _, _, can := session.In(req.currency); can && req.currency != "" {
		return req.currency
	}
	currency := session.Amount.Currency
	if at.payment != nil {
		currency = at.payment.Amount.Currency
	}
	if len(offersIn(offers, currency)) == 0 && len(offers) > 0 {
		return offers[0].Amount.Currency
	}
	return currency
}

func offersIn(offers []checkout.Offer, currency checkout.Currency) (in []checkout.Offer) {
	for _, offer := range offers {
		if offer.Amount.Currency == currency {
			in = append(in, offer)
		}
	}
	return in
}

// choiceAddress is the page of a session's methods for a currency.
func choiceAddress(sessionID string, currency checkout.Currency) string {
	return pagePath(sessionID) + "?choose=1&currency=" + url.QueryEscape(string(currency))
}
