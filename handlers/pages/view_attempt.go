package pages

import (
	"cmp"
	"math"
	"strings"
	"time"

	"rieltime/checkout"
	"rieltime/web/templates"
)

// addCode adds a payment's QR code and the links that open it in bank apps.
func addCode(c *templates.Checkout, p checkout.Purchase, payment *checkout.Payment, req pageRequest) {
	c.AskHash = req.knowsHashes(payment.Provider)
	if c.InApp = req.inApp; c.InApp && req.device == checkout.DeviceAndroid {
		c.OpenURL = c.URL
	}

	if !req.hashOpen {
		c.HashURL = pagePath(p.Session.ID) + "?hash=1"
	}

	c.QR = &templates.QRCard{
		PNGURL:           pagePath(p.Session.ID) + "/qr.png?code=" + payment.Reference, // the reference keeps a browser from showing an older code
		MerchantName:     cmp.Or(payment.NextAction.Payee, p.Merchant.Name),
		Amount:           templates.FormatNumber(req.lang, string(payment.Amount.Currency), payment.Amount.Minor),
		Currency:         string(payment.Amount.Currency),
		Reference:        payment.Reference,
		Text:             payment.NextAction.QRCode,
		ExpiresInSeconds: secondsLeft(payment.ExpiresAt, req.now),
		ExpiresAt:        templates.FormatClock(payment.ExpiresAt),
	}

	for _, link := range payment.NextAction.DeepLinks {
		switch {
		case link.OS != "" && link.OS != string(req.device):
		case link.OneApp && req.device == checkout.DeviceDesktop:
		case c.QR.DeepLink == "" && !link.OneApp:
			c.QR.DeepLink = link.URL
		default:
			c.QR.Banks = append(c.QR.Banks, templates.Bank{ID: strings.ToLower(link.App), Name: link.App, URL: link.URL})
		}
	}
}

// addProvider adds the way to the provider: a form, a link, or an app.
func addProvider(c *templates.Checkout, _ checkout.Purchase, payment *checkout.Payment, req pageRequest) {
	action := payment.NextAction
	name := req.providerName(payment.Provider)
	switch action.Kind {
	case checkout.ActionFormPost:
		c.FormPost = &templates.FormPost{Action: action.URL, ProviderName: name}
		for _, field := range action.Fields {
			c.FormPost.Fields = append(c.FormPost.Fields, templates.FormField{Name: field.Name, Value: field.Value})
		}

		if req.going {
			c.State = templates.StateRedirecting
		}

	case checkout.ActionRedirect:
		c.Redirect = &templates.Redirect{URL: action.URL, ProviderName: name}
	case checkout.ActionQRCode: // without a code: only links into an app
		c.App = appFor(action.DeepLinks, req.device, name)
	}
}

// secondsLeft returns the whole seconds until expires, rounded up; 0 after it.
func secondsLeft(expires, now time.Time) int {
	return max(int(math.Ceil(expires.Sub(now).Seconds())), 0)
}

// appFor is the app that the links for a device open. On a computer it has no
// URL: the page shows a code for the phone instead.
func appFor(links []checkout.DeepLink, device checkout.Device, otherwise string) *templates.App {
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

// addFailure adds why an attempt failed.
func addFailure(c *templates.Checkout, _ checkout.Purchase, payment *checkout.Payment, _ pageRequest) {
	c.Reason = payment.FailureCode
	if c.Reason == "" { // its time is over, but the provider has not said how it ended
		c.Reason = templates.ReasonExpired
	}
}
