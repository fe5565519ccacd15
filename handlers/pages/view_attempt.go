package pages

import (
	"math"
	"strings"
	"time"

	"rieltime/checkout"
	"rieltime/web/templates"
)

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
