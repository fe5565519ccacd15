package handlers

import (
	"fmt"
	"hash/fnv"
	"math"
	"strconv"
	"strings"
	"time"

	"rieltime/checkout"
	"rieltime/web/templates"
)

// providerNames are proper names, the same in every language.
var providerNames = map[string]string{"bakong": "Bakong", "baray": "Baray", "kess": "KESS", "bayopay": "BayoPay"}

var providerIcons = map[string]string{
	"bakong": templates.IconKHQR, "baray": templates.IconBank, "kess": templates.IconWallet, "bayopay": templates.IconCard,
}

func providerName(provider string) string {
	if name, ok := providerNames[provider]; ok {
		return name
	}
	return provider
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

func showCode(c *templates.Checkout, p checkout.Purchase, payment *checkout.Payment, a pageRequest) {
	c.AskHash = payment.Provider == "bakong"
	if c.InApp = a.inApp; c.InApp && a.device == checkout.DeviceAndroid {
		c.OpenURL = c.URL
	}

	if !a.hash {
		c.HashURL = pagePath(p.Session.ID) + "?hash=1"
	}

	c.QR = &templates.QRCard{
		PNGURL:           pagePath(p.Session.ID) + "/qr.png?code=" + payment.Reference, // a document keeps a picture by its address
		MerchantName:     payeeOf(payment.NextAction.QRCode, p.Merchant.Name),
		Amount:           templates.FormatNumber(a.lang, string(payment.Amount.Currency), payment.Amount.Minor),
		Currency:         string(payment.Amount.Currency),
		Reference:        payment.Reference,
		Text:             payment.NextAction.QRCode,
		ExpiresInSeconds: secondsLeft(payment.ExpiresAt, a.now),
		ExpiresAt:        templates.FormatClock(payment.ExpiresAt),
	}

	for _, link := range payment.NextAction.DeepLinks {
		switch {
		case link.OS != "" && link.OS != string(a.device):
		case c.QR.DeepLink == "":
			c.QR.DeepLink = link.URL
		default:
			c.QR.Banks = append(c.QR.Banks, templates.Bank{ID: strings.ToLower(link.App), Name: link.App, URL: link.URL})
		}
	}
}

func showProvider(c *templates.Checkout, _ checkout.Purchase, payment *checkout.Payment, a pageRequest) {
	action := payment.NextAction
	name := providerName(payment.Provider)
	switch action.Kind {
	case checkout.ActionFormPost:
		c.FormPost = &templates.FormPost{Action: action.URL, ProviderName: name}
		for _, field := range action.Fields {
			c.FormPost.Fields = append(c.FormPost.Fields, templates.FormField{Name: field.Name, Value: field.Value})
		}

		if a.leaving {
			c.State = templates.Redirecting
		}

	case checkout.ActionRedirect:
		c.Redirect = &templates.Redirect{URL: action.URL, ProviderName: name}
	case checkout.ActionQRCode: // no code, only links into an app
		c.App = app(action.DeepLinks, a.device, name)
	}
}

func secondsLeft(expires, now time.Time) int {
	return max(int(math.Ceil(expires.Sub(now).Seconds())), 0)
}

// app is the app that the links for a device lead into. A computer has no such
// app: it shows the phone the way.
func app(links []checkout.DeepLink, device checkout.Device, otherwise string) *templates.App {
	shown := templates.App{Name: otherwise}
	for _, link := range links {
		if link.App != "" {
			shown.ID, shown.Name = strings.ToLower(link.App), link.App
		}

		if device != checkout.DeviceDesktop && (link.OS == "" || link.OS == string(device)) {
			shown.URL = link.URL
			break
		}
	}

	return &shown
}

func showFailure(c *templates.Checkout, _ checkout.Purchase, payment *checkout.Payment, _ pageRequest) {
	c.Reason = payment.FailureCode
	if c.Reason == "" { // its time is over, and nothing has ended it yet
		c.Reason = templates.ReasonExpired
	}
}

// showMoney is money that arrived, whether it fits or not.
func showMoney(c *templates.Checkout, p checkout.Purchase, payment *checkout.Payment, a pageRequest) {
	c.ReturnURL = cancelURL(p.Session, a.chosen)
	if p.Session.Status == checkout.SessionComplete {
		c.ReturnURL = returnURL(p.Session.SuccessURL, p.Session.ID)
	}

	c.AskHash = takesHash(p) && (c.State == templates.Paid || c.State == templates.Duplicate)
	c.HashOpen = a.hash
	if c.State == templates.Paid && c.ReturnURL != "" && !a.report && !a.hash && a.now.Sub(p.Session.ClosedAt) < returnWithin {
		c.ReturnSeconds = returnSeconds
		if c.AskHash {
			c.HashURL = pagePath(p.Session.ID) + "?hash=1"
		}
	}

	if payment == nil || payment.Proof == nil {
		return
	}

	c.Receipt = receipt(p, *payment, a)
}

func methodName(payment checkout.Payment, lang string) string {
	base, _, _ := strings.Cut(payment.Method, ":")
	key := "method." + base + ".name"
	if name := templates.T(lang, key); name != key {
		return name
	}
	return providerName(payment.Provider)
}

func showEnd(c *templates.Checkout, p checkout.Purchase, _ *checkout.Payment, a pageRequest) {
	c.ReturnURL = cancelURL(p.Session, a.chosen)
}
