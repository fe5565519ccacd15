package kess

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"rieltime/checkout"
	"rieltime/providers/kess/internal/client"
	"rieltime/providers/settings"
)

// Settings are a merchant's, as KESS gave them; settingFields describes them.
type Settings struct {
	BaseURL      string          `json:"base_url"`
	ClientID     string          `json:"client_id"`
	ClientSecret checkout.Secret `json:"client_secret"`
	Username     string          `json:"username"`
	Password     checkout.Secret `json:"password"`
	SellerCode   string          `json:"seller_code"`
	APISecretKey checkout.Secret `json:"api_secret_key"`
	SignType     string          `json:"sign_type"`
	PublicKey    string          `json:"public_key,omitempty"`
	Methods      []string        `json:"methods,omitempty"`
	Native       bool            `json:"native,omitempty"`
	ExpiresIn    int             `json:"expires_in,omitempty"`
	Setting      *PageSetting    `json:"setting,omitempty"`
}

// PageSetting is the document's setting object, passed on as it is.
type PageSetting struct {
	Template              string      `json:"template,omitempty"`
	EnabledPaymentMethods []string    `json:"enabled_payment_methods,omitempty"`
	PaymentType           string      `json:"payment_type,omitempty"`
	BackgroundColor       string      `json:"background_color,omitempty"`
	DisplayFeeAmount      json.Number `json:"display_fee_amount,omitempty"`
}

// settingFields describes each setting.
var settingFields = []checkout.Setting{
	{Name: "base_url", Label: "Gateway address", Type: checkout.SettingURL, Required: true,
		Help: "The gateway's address from KESS, without a path."},
	{Name: "client_id", Label: "Client ID", Type: checkout.SettingText, Required: true,
		Help: "The OAuth client ID from KESS."},
	{Name: "client_secret", Label: "Client secret", Type: checkout.SettingSecret, Required: true,
		Help: "The OAuth client secret from KESS."},
	{Name: "username", Label: "User name", Type: checkout.SettingText, Required: true,
		Help: "The user name of the merchant's login at KESS."},
	{Name: "password", Label: "Password", Type: checkout.SettingSecret, Required: true,
		Help: "The password of the merchant's login at KESS."},
	{Name: "seller_code", Label: "Seller code", Type: checkout.SettingText, Required: true, MaxLength: 32,
		Help: "The code of the seller that orders belong to, such as CU12-34567890."},
	{Name: "api_secret_key", Label: "API secret key", Type: checkout.SettingSecret, Required: true,
		Help: "The key that signs and verifies messages."},
	{Name: "sign_type", Label: "Signature", Type: checkout.SettingText, Required: true, Choices: []string{client.MD5, client.HMACSHA256},
		Help: "How messages are signed."},
	{Name: "public_key", Label: "Public key", Type: checkout.SettingText, Lines: true,
		Help: "KESS's RSA key in PEM, which encrypts the buyer's details; without it, no details are sent."},
	{Name: "methods", Label: "Payment methods", Type: checkout.SettingList,
		Help: "The BICs of the methods to offer, such as ABAAKHPP; by default, all methods that KESS lists."},
	{Name: "native", Label: "Methods on our page", Type: checkout.SettingBoolean, Default: "false",
		Help: "Whether to offer each method with its logo on our page too, in addition to KESS's own page."},
	{Name: "expires_in", Label: "Lifetime of an order in seconds", Type: checkout.SettingInteger, Default: "0",
		Min: minExpiresIn, Max: checkout.MaxSessionLife.Seconds(),
		Help: "How long an order can be paid; 0 means as long as the session."},
	{Name: "setting.template", Label: "Design", Type: checkout.SettingText,
		Help: "The design of KESS's own page, such as company."},
	{Name: "setting.enabled_payment_methods", Label: "Methods on KESS's page", Type: checkout.SettingList,
		Help: "The BICs of the methods on KESS's own page; by default, those of methods."},
	{Name: "setting.payment_type", Label: "Payment type", Type: checkout.SettingText, Choices: []string{"offline", "online"},
		Help: "Whether KESS's own page shows QR codes on phones too (offline) or opens apps there (online)."},
	{Name: "setting.background_color", Label: "Background colour", Type: checkout.SettingText,
		Help: "The background colour of KESS's own page, such as #FFFFFF."},
	{Name: "setting.display_fee_amount", Label: "Fee", Type: checkout.SettingDecimal, Max: 9_999_999_999.99,
		Help: "The fee that KESS's own page shows, with at most two decimals."},
}

var (
	bic    = regexp.MustCompile(`^[A-Z0-9_]{2,20}$`)
	color  = regexp.MustCompile(`^#[0-9A-Fa-f]{6}$`)
	amount = regexp.MustCompile(`^[0-9]{1,10}(\.[0-9]{1,2})?$`)
	seller = regexp.MustCompile(`^[A-Za-z0-9-]+$`)
)

// CheckSettings implements checkout.Provider.
func (p *Provider) CheckSettings(mode checkout.Mode, raw json.RawMessage) error {
	var s Settings
	if err := settings.Read(mode, raw, settingFields, &s); err != nil {
		return err
	}
	if !seller.MatchString(s.SellerCode) {
		return settings.Invalid("seller_code", "must be letters, digits and dashes.")
	}
	if !validBICs(s.Methods) {
		return settings.Invalid("methods", "must be BICs such as ABAAKHPP.")
	}

	if s.PublicKey != "" {
		if _, err := client.ParsePublicKey(s.PublicKey); err != nil {
			return settings.Invalid("public_key", "must be an RSA public key in PEM.").WithCause(err)
		}
	}

	return checkPage(s.Setting)
}

// checkPage checks what KESS's own page is to look like.
func checkPage(page *PageSetting) error {
	switch {
	case page == nil:
	case !validBICs(page.EnabledPaymentMethods):
		return settings.Invalid("setting.enabled_payment_methods", "must be BICs such as VISA_MASTER.")
	case page.BackgroundColor != "" && !color.MatchString(page.BackgroundColor):
		return settings.Invalid("setting.background_color", "must be a colour such as #FFFFFF.")
	case page.DisplayFeeAmount != "" && !amount.MatchString(page.DisplayFeeAmount.String()):
		return settings.Invalid("setting.display_fee_amount", "must be a number with at most two decimals.")
	}

	return nil
}

var parsed = settings.Parsed[Settings]{Fields: settingFields}

// parseSettings reads settings and fills in the defaults.
func parseSettings(raw json.RawMessage) (Settings, error) { return parsed.Decode(raw) }

func validBICs(all []string) bool {
	return !slices.ContainsFunc(all, func(one string) bool { return !bic.MatchString(one) })
}

// offers reports whether the merchant wants a method.
func (s Settings) offers(bic string) bool {
	return len(s.Methods) == 0 || slices.Contains(s.Methods, bic)
}

// gatewayAccountFor returns what the gateway needs to know of an account, with
// the seller that a payment was made for, whatever the settings say since.
func gatewayAccountFor(account checkout.Account, payment checkout.Payment) (client.Account, error) {
	_, access, err := gatewayAccount(account)
	if len(payment.Payees) > 0 {
		access.SellerCode = payment.Payees[0]
	}
	return access, err
}

// gatewayAccount returns an account's settings and what the gateway needs to know
// of them.
func gatewayAccount(account checkout.Account) (Settings, client.Account, error) {
	s, err := parseSettings(account.Settings)
	if err != nil {
		return Settings{}, client.Account{}, err
	}
	return s, client.Account{
		ID: account.ID, BaseURL: strings.TrimRight(s.BaseURL, "/"),
		ClientID: s.ClientID, ClientSecret: s.ClientSecret,
		Username: s.Username, Password: s.Password,
		SellerCode: s.SellerCode, APISecretKey: s.APISecretKey, SignType: s.SignType,
	}, nil
}
