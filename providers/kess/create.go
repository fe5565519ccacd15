package kess

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode"

	"rieltime/checkout"
	"rieltime/providers/kess/internal/client"
)

const (
	minExpiresIn     = 60
	defaultExpiresIn = 30 * time.Minute
	maxBody          = 255
)

// CreatePayment implements checkout.Provider: createorder for the hosted methods,
// nativePay for the others. ProviderID is KESS's token of the order.
func (p *Provider) CreatePayment(ctx context.Context, account checkout.Account, start checkout.Start) (checkout.Created, error) {
	settings, access, err := gatewayAccount(account)
	if err != nil {
		return checkout.Created{}, checkout.NotStarted(err)
	}

	code, _ := strings.CutPrefix(start.Payment.Method, Name)
	code = strings.TrimPrefix(code, ":")
	if code == savedMethod {
		code = cardMethod
	}

	request := orderRequest{access, start, code, orderParams(settings, start, p.now())}
	if code == "" || slices.Contains(hostedOnly, code) {
		return p.createHosted(ctx, request, settings)
	}

	return p.createNative(ctx, request)
}

// orderRequest is an order to make.
type orderRequest struct {
	access client.Account
	start  checkout.Start
	code   string        // the BIC of the method; empty where KESS's page offers several
	params client.Params // the fields of either service
}

// orderParams are the fields of the document's transaction object.
func orderParams(settings Settings, start checkout.Start, now time.Time) client.Params {
	life := defaultExpiresIn
	if !start.Payment.ExpiresAt.IsZero() {
		life = start.Payment.ExpiresAt.Sub(now)
	}

	if limit := time.Duration(settings.ExpiresIn) * time.Second; limit > 0 {
		life = min(life, limit)
	}

	return client.Params{
		"seller_code":  settings.SellerCode,
		"out_trade_no": start.Payment.Reference,
		"body":         body(start.Description, start.Payment.Reference),
		"total_amount": json.Number(start.Payment.Amount.Decimal()),
		"currency":     string(start.Payment.Amount.Currency),
		"notify_url":   start.CallbackURL,
		"redirect_url": start.ReturnURL,
		"expires_in":   max(minExpiresIn, int(life.Seconds())),
	}
}

// body describes the order.
func body(description, reference string) string {
	return cmp.Or(plainText(description), "Order "+reference)
}

// plainText returns a text without "&" and "=", which the signed text does not
// escape, and without control characters, shortened to what KESS takes.
func plainText(text string) string {
	clean := strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == '&' || r == '=' || unicode.IsControl(r) {
			return -1
		}
		return r
	}, text))
	if runes := []rune(clean); len(runes) > maxBody {
		return string(runes[:maxBody])
	}

	return clean
}
