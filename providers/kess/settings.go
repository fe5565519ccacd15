package kess

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"

	"rieltime/checkout"
	"rieltime/providers/kess/internal/gateway"
)

// Settings are a merchant's, as KESS gave them.
type Settings struct {
	// BaseURL is the gateway's address without a path: https://… for live
	// accounts.
	BaseURL string `json:"base_url"`
	// ClientID and ClientSecret are the OAuth client's.
	ClientID     string          `json:"client_id"`
	ClientSecret checkout.Secret `json:"client_secret"`
	// Username and Password are the OAuth password grant's.
	Username string          `json:"username"`
	Password checkout.Secret `json:"password"`
	// SellerCode is whose orders they are: "CU12-34567890".
	SellerCode string `json:"seller_code"`
	// APISecretKey signs and verifies messages.
	APISecretKey checkout.Secret `json:"api_secret_key"`
	// SignType is MD5 or HMAC-SHA256.
	SignType string `json:"sign_type"`
	// PublicKey is KESS's RSA key in PEM, for customer data; without it none
	// is sent.
	PublicKey string `json:"public_key,omitempty"`
	// Methods are the BICs offered; empty: all that KESS lists.
	Methods []string `json:"methods,omitempty"`
	// Native offers each method by its logo on our own page, besides the
	// hosted payment link.
	Native bool `json:"native,omitempty"`
	// Setting is how the hosted payment page looks.
	Setting *PageSetting `json:"setting,omitempty"`
	// ExpiresIn is the most seconds an order may be paid in; 0: as long as the
	// session.
	ExpiresIn int `json:"expires_in,omitempty"`
}

// PageSetting is the document's setting object, passed on as it is.
type PageSetting struct {
	// Template is the page's design: "company", "company-01", …
	Template string `json:"template,omitempty"`
	// EnabledPaymentMethods are the BICs on the hosted page; empty: those of
	// Methods.
	EnabledPaymentMethods []string `json:"enabled_payment_methods,omitempty"`
	// PaymentType is "offline" (QR codes even on phones) or "online".
	PaymentType string `json:"payment_type,omitempty"`
	// BackgroundColor is "#" and six hex digits.
	BackgroundColor string `json:"background_color,omitempty"`
	// DisplayFeeAmount is shown as the fee.
	DisplayFeeAmount json.Number `json:"display_fee_amount,omitempty"`
}

var (
	bic    = regexp.MustCompile(`^[A-Z0-9_]{2,20}$`)
	color  = regexp.MustCompile(`^#[0-9A-Fa-f]{6}$`)
	amount = regexp.MustCompile(`^[0-9]{1,10}(\.[0-9]{1,2})?$`)
	seller = regexp.MustCompile(`^[A-Za-z0-9-]{1,32}$`)
)

// CheckSettings fills checkout.Provider.
func (p *Provider) CheckSettings(mode checkout.Mode, raw json.RawMessage) error {
	settings, err := decodeSettings(raw)
	if err != nil {
		return err
	}
	if err := settings.checkAccess(mode); err != nil {
		return err
	}
	return settings.checkOffer()
}

func decodeSettings(raw json.RawMessage) (Settings, error) {
	var settings Settings
	if err := checkout.ReadSettings(raw, &settings); err != nil {
		return Settings{}, err
	}
	return settings, nil
}

func (s Settings) checkAccess(mode checkout.Mode) error {
	for _, required := range []struct{ field, value string }{
		{"base_url", s.BaseURL}, {"client_id", s.ClientID}, {"client_secret", s.ClientSecret.Reveal()},
		{"username", s.Username}, {"password", s.Password.Reveal()}, {"seller_code", s.SellerCode},
		{"api_secret_key", s.APISecretKey.Reveal()}, {"sign_type", s.SignType},
	} {
		if required.value == "" {
			return checkout.Invalidf(required.field, "settings_missing", "KESS needs %s.", required.field)
		}
	}

	base, err := checkout.ParseWebURL(s.BaseURL)
	if err != nil {
		return checkout.Invalidf("base_url", "url_invalid", "base_url %v.", err)
	}
	if base.RawQuery != "" {
		return checkout.Invalidf("base_url", "url_invalid", "base_url must be an address such as https://webpayment.example.")
	}
	if mode == checkout.ModeLive && base.Scheme != "https" {
		return checkout.Invalidf("base_url", "url_insecure", "base_url must be https in live mode.")
	}
	if !seller.MatchString(s.SellerCode) {
		return checkout.Invalidf("seller_code", "seller_code_invalid", "seller_code must be letters, digits and dashes, at most 32.")
	}
	if s.SignType != gateway.MD5 && s.SignType != gateway.HMACSHA256 {
		return checkout.Invalidf("sign_type", "sign_type_invalid", "sign_type must be MD5 or HMAC-SHA256.")
	}

	return nil
}

func (s Settings) checkOffer() error {
	if s.PublicKey != "" {
		if _, err := gateway.ParsePublicKey(s.PublicKey); err != nil {
			return checkout.Invalidf("public_key", "public_key_invalid", "public_key must be an RSA public key in PEM.").WithCause(err)
		}
	}

	if !validBICs(s.Methods) {
		return checkout.Invalidf("methods", "methods_invalid", "methods must be BICs such as ABAAKHPP.")
	}
	if most := int(checkout.MaxSessionLife / time.Second); s.ExpiresIn != 0 && (s.ExpiresIn < minExpiresIn || s.ExpiresIn > most) {
		return checkout.Invalidf("expires_in", "expires_in_invalid", "expires_in must be from %d to %d seconds, or 0: as long as the session.", minExpiresIn, most)
	}

	page := s.Setting
	switch {
	case page == nil:
	case !validBICs(page.EnabledPaymentMethods):
		return checkout.Invalidf("setting.enabled_payment_methods", "methods_invalid", "enabled_payment_methods must be BICs such as VISA_MASTER.")
	case page.PaymentType != "" && page.PaymentType != "offline" && page.PaymentType != "online":
		return checkout.Invalidf("setting.payment_type", "payment_type_invalid", "payment_type must be offline or online.")
	case page.BackgroundColor != "" && !color.MatchString(page.BackgroundColor):
		return checkout.Invalidf("setting.background_color", "color_invalid", "background_color must be like #FFFFFF.")
	case page.DisplayFeeAmount != "" && !amount.MatchString(page.DisplayFeeAmount.String()):
		return checkout.Invalidf("setting.display_fee_amount", "amount_invalid", "display_fee_amount must be a decimal number.")
	}

	return nil
}

func validBICs(all []string) bool {
	return !slices.ContainsFunc(all, func(one string) bool { return !bic.MatchString(one) })
}

// offers reports whether the merchant wants a method.
func (s Settings) offers(bic string) bool {
	return len(s.Methods) == 0 || slices.Contains(s.Methods, bic)
}

// readFor is read with the seller that an attempt was made for, whatever the
// settings say since.
func readFor(account checkout.Account, payment checkout.Payment) (gateway.Account, error) {
	_, access, err := read(account)
	if len(payment.Payees) > 0 {
		access.SellerCode = payment.Payees[0]
	}
	return access, err
}

// read decodes an account's settings and what the gateway needs of them.
func read(account checkout.Account) (Settings, gateway.Account, error) {
	settings, err := decodeSettings(account.Settings)
	if err != nil {
		return Settings{}, gateway.Account{}, err
	}
	return settings, gateway.Account{
		ID: account.ID, BaseURL: strings.TrimRight(settings.BaseURL, "/"),
		ClientID: settings.ClientID, ClientSecret: settings.ClientSecret,
		Username: settings.Username, Password: settings.Password,
		SellerCode: settings.SellerCode, APISecretKey: settings.APISecretKey, SignType: settings.SignType,
	}, nil
}
