package pages

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"

	"rieltime/checkout"
	"rieltime/web/templates"
)

var providerIcons = map[string]string{
	"bakong": templates.IconKHQR, "baray": templates.IconBank, "kess": templates.IconWallet, "bayopay": templates.IconCard,
}

func showOffers(c *templates.Checkout, p checkout.Purchase, offers []checkout.Offer, a pageRequest) {
	known := p.Session.Customer
	c.Customer = templates.CustomerFields{
		Name: templates.Field{Value: known.Name}, Email: templates.Field{Value: known.Email}, Phone: templates.Field{Value: known.Phone},
	}
	missing := known.Name == "" || known.Email == "" || known.Phone == ""
	for _, offer := range offers {
		method := templates.Method{
			ID: offer.ID, Name: offer.Name, Icon: providerIcons[offer.Provider], LogoURL: a.logoURL(offer.LogoURL),
			Hint: hint(offer, a.lang), Available: offer.Unavailable == "", NeedsCustomer: offer.NeedsCustomer && missing,
			SavesCard: offer.SavesCard, CardEnding: offer.CardEnding,
		}

		switch {
		case offer.Failing:
			method.Why = templates.T(a.lang, "method.failing")
		case offer.Slow:
			method.Why = templates.T(a.lang, "method.slow")
		}

		c.Methods = append(c.Methods, method)
	}

	if a.choose {
		c.Path += "?choose=1"
	}
}

// offersMark tells one list of offers, with or without a warning above it, from
// another; empty where none is shown.
// The session's id keeps a card's digits from being found by trying them.
func offersMark(c templates.Checkout) string {
	if c.State != templates.Choosing {
		return ""
	}
	mark := fnv.New32a()
	fmt.Fprintln(mark, c.Notice != nil)
	for _, method := range c.Methods {
		fmt.Fprintln(mark, c.SessionID, method.ID, method.CardEnding)
	}
	return strconv.FormatUint(uint64(mark.Sum32()), 36)
}

// hint says what choosing one of a provider's several methods leads to. The
// page knows what to say of a provider's only one.
func hint(offer checkout.Offer, lang string) string {
	switch {
	case !strings.Contains(offer.ID, ":"):
		return ""
	case offer.Kind == checkout.ActionQRCode:
		return templates.T(lang, "method.app.hint", "name", offer.Name)
	}
	return templates.T(lang, "method.other.hint", "name", providerName(offer.Provider))
}
