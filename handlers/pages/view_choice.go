package pages

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"

	"rieltime/checkout"
	"rieltime/web/templates"
)

// addOffers adds the methods to choose from and the fields that some of them need.
func addOffers(c *templates.Checkout, p checkout.Purchase, offers []checkout.Offer, req pageRequest) {
	given := p.Session.Customer
	c.Customer = templates.CustomerFields{
		Name: templates.Field{Value: given.Name}, Email: templates.Field{Value: given.Email}, Phone: templates.Field{Value: given.Phone},
	}
	incomplete := given.Name == "" || given.Email == "" || given.Phone == ""
	for _, offer := range offers {
		method := templates.Method{
			ID: offer.ID, Name: offer.Name, Icon: icon(offer), LogoURL: req.logoURL(offer.LogoURL),
			Hint: hint(offer, req.lang), Available: offer.Unavailable == "", NeedsCustomer: offer.NeedsCustomer && incomplete,
			SavesCard: offer.SavesCard, CardEnding: offer.CardEnding,
		}

		switch {
		case offer.Failing:
			method.Why = templates.T(req.lang, "method.failing")
		case offer.Slow:
			method.Why = templates.T(req.lang, "method.slow")
		}

		c.Methods = append(c.Methods, method)
	}

	switch {
	case c.Currencies != nil:
		c.Path = choiceAddress(p.Session.ID, checkout.Currency(c.Currencies.Paying))
	case req.choose:
		c.Path += "?choose=1"
	}
}

// offersFingerprint identifies a list of offers and whether a warning stands above
// it; it is empty for a page without offers. The session's id is part of it so
// that nobody finds a card's digits by trying them.
func offersFingerprint(c templates.Checkout) string {
	if c.State != templates.StateChoosing {
		return ""
	}
	hash := fnv.New32a()
	fmt.Fprintln(hash, c.Notice != nil)
	if c.Currencies != nil {
		fmt.Fprintln(hash, c.Currencies.Paying)
	}
	for _, method := range c.Methods {
		fmt.Fprintln(hash, c.SessionID, method.ID, method.CardEnding)
	}
	return strconv.FormatUint(uint64(hash.Sum32()), 36)
}

// icon returns a method's icon. Of a provider's several methods, those without an
// icon of their own are shown by the letters of their names.
func icon(offer checkout.Offer) string {
	if offer.Icon == "" && !strings.Contains(offer.ID, ":") {
		return offer.Info.Icon
	}
	return offer.Icon
}

// hint says what choosing one of a provider's several methods leads to. For a
// provider's only method the template has a text of its own.
func hint(offer checkout.Offer, lang string) string {
	switch {
	case !strings.Contains(offer.ID, ":"):
		return ""
	case offer.Kind == checkout.ActionQRCode:
		return templates.T(lang, "method.app.hint", "name", offer.Name)
	}
	return templates.T(lang, "method.other.hint", "name", offer.Info.Name)
}
