package bakong

import (
	"encoding/json"
	"errors"
	"net"
	"strings"
	"time"

	"rieltime/checkout"
	"rieltime/khqr"
)

// Bounds of a code's life in seconds. Ten minutes is the document's limit ("QR
// integration", System Interaction Flow).
const (
	minLife     = 5
	defaultLife = 300
	maxLife     = 600
)

// Bounds of how often Bakong is asked. A slower rate than the least would be a
// pause of hours after each question.
const (
	minRate      = 0.001 // a second
	maxRate      = 1000.0
	maxAllowance = 1_000_000_000 // a day
)

// Settings are a merchant's for this provider.
type Settings struct {
	// BaseURL is the deployment: https://api-bakong.nbc.gov.kh,
	// https://sit-api-bakong.nbc.gov.kh, the same under nbc.org.kh, a relay in
	// Cambodia, or a simulator. Required.
	BaseURL string `json:"base_url"`
	// Account is the Bakong account that the money goes to, name@bank.
	// Required.
	Account string `json:"account"`
	// MerchantName and MerchantCity are what the bank app shows, at most 25
	// and 15 characters. The name is required; the city is Phnom Penh unless
	// set.
	MerchantName string `json:"merchant_name"`
	MerchantCity string `json:"merchant_city"`
	// MerchantID and AcquiringBank together make merchant codes (tag 30)
	// instead of individual ones (tag 29). AcquiringBank may also stand alone.
	MerchantID    string `json:"merchant_id"`
	AcquiringBank string `json:"acquiring_bank"`
	// AccountInformation is the account at the bank, for individual codes.
	AccountInformation string `json:"account_information"`
	// MCC is the merchant category code, four digits; 5999 unless set.
	MCC string `json:"mcc"`
	// StoreLabel names the shop in the code, at most 25 characters.
	StoreLabel string `json:"store_label"`
	// SettlementAccounts are further accounts that Bakong may name as the
	// receiver, such as the bank's own settlement account.
	SettlementAccounts []string `json:"settlement_accounts"`

	// Token is the access token. With Email, the registered address, it is
	// renewed by itself; Email alone is enough.
	Token checkout.Secret `json:"token"`
	Email string          `json:"email"`

	// AppName, AppIconURL and AppCallback are what a deep link tells the bank
	// app about the shop. Bakong takes all three or none: the name is the
	// merchant's and the callback our return address unless set, so the icon
	// decides.
	AppName     string `json:"app_name"`
	AppIconURL  string `json:"app_icon_url"`
	AppCallback string `json:"app_callback"`

	// QRLifeSeconds is how long a code is offered: 5 to 600, 300 unless set,
	// and never past the session.
	QRLifeSeconds int `json:"qr_life_seconds"`
	// UseLists asks about up to 50 codes in one question, where the deployment
	// allows it.
	UseLists bool `json:"use_lists"`
	// RequestsPerSecond and DailyAllowance bound the questions; 0 is without
	// bound.
	RequestsPerSecond float64 `json:"requests_per_second"`
	DailyAllowance    int     `json:"daily_allowance"`
}

// life is how long a code is offered.
func (s Settings) life() time.Duration { return time.Duration(s.QRLifeSeconds) * time.Second }

// payees are the accounts whose money is the merchant's.
func (s Settings) payees() []string { return append([]string{s.Account}, s.SettlementAccounts...) }

// code is the merchant's part of a KHQR.
func (s Settings) code() khqr.Code {
	code := khqr.Code{
		Kind:          khqr.Individual,
		Account:       s.Account,
		AcquiringBank: s.AcquiringBank,
		MerchantName:  s.MerchantName,
		MerchantCity:  s.MerchantCity,
		CategoryCode:  s.MCC,
		StoreLabel:    s.StoreLabel,
	}
	if s.MerchantID != "" {
		code.Kind, code.MerchantID = khqr.Merchant, s.MerchantID
	} else {
		code.AccountInformation = s.AccountInformation
	}

	return code
}

// parseSettings reads settings and fills in the defaults.
func parseSettings(raw json.RawMessage) (Settings, error) {
	s := Settings{QRLifeSeconds: defaultLife}
	if err := checkout.ReadSettings(raw, &s); err != nil {
		return Settings{}, err
	}
	return s, nil
}

// CheckSettings implements checkout.Provider.
func (p *Provider) CheckSettings(mode checkout.Mode, raw json.RawMessage) error {
	s, err := parseSettings(raw)
	if err != nil {
		return err
	}
	if err := checkBaseURL(mode, s.BaseURL); err != nil {
		return err
	}
	if err := checkCode(s); err != nil {
		return err
	}

	for i, account := range s.SettlementAccounts {
		if name, bank, found := strings.Cut(account, "@"); !found || name == "" || bank == "" || strings.Contains(bank, "@") {
			return checkout.Invalidf(indexed("settlement_accounts", i), "setting_invalid", "A settlement account has the form name@bank.")
		}
	}

	return checkRest(s)
}

func checkRest(s Settings) error {
	switch {
	case s.Token == "" && s.Email == "":
		return checkout.Invalidf("token", "setting_required", "Bakong needs a token, or the registered email that renews one.")
	case s.Token != "" && strings.ContainsAny(s.Token.Reveal(), " \t\r\n"):
		return checkout.Invalidf("token", "setting_invalid", "The token must not contain blanks.")
	case s.Email != "" && (!strings.Contains(s.Email, "@") || len(s.Email) > 30):
		return checkout.Invalidf("email", "setting_invalid", "email must be an e-mail address of at most 30 characters.")
	case s.QRLifeSeconds < minLife || s.QRLifeSeconds > maxLife:
		return checkout.Invalidf("qr_life_seconds", "setting_invalid", "qr_life_seconds must be from %d to %d.", minLife, maxLife)
	case s.RequestsPerSecond != 0 && (s.RequestsPerSecond < minRate || s.RequestsPerSecond > maxRate):
		return checkout.Invalidf("requests_per_second", "setting_invalid", "requests_per_second must be from %v to %v, or 0: without bound.", minRate, maxRate)
	case s.DailyAllowance < 0 || s.DailyAllowance > maxAllowance:
		return checkout.Invalidf("daily_allowance", "setting_invalid", "daily_allowance must be from 1 to %d, or 0: without bound.", maxAllowance)
	case s.AppIconURL != "" && !isWebURL(s.AppIconURL):
		return checkout.Invalidf("app_icon_url", "setting_invalid", "app_icon_url must be an http or https URL.")
	case s.AppIconURL == "" && (s.AppName != "" || s.AppCallback != ""):
		return checkout.Invalidf("app_icon_url", "setting_required", "Bakong takes app_name and app_callback only with app_icon_url.")
	}

	return nil
}

// checkBaseURL also keeps test credentials away from the live deployment and
// the other way round.
func checkBaseURL(mode checkout.Mode, text string) error {
	if text == "" {
		return checkout.Invalidf("base_url", "setting_required", "base_url is required, e.g. https://api-bakong.nbc.gov.kh.")
	}

	address, err := checkout.ParseWebURL(text)
	if err != nil {
		return checkout.Invalidf("base_url", "setting_invalid", "base_url %v.", err)
	}
	if address.RawQuery != "" || address.Fragment != "" {
		return checkout.Invalidf("base_url", "setting_invalid", "base_url must be an http or https URL without query.")
	}

	host := strings.ToLower(address.Hostname())
	official := strings.HasSuffix(host, ".nbc.gov.kh") || strings.HasSuffix(host, ".nbc.org.kh")
	sandbox := strings.HasPrefix(host, "sit-")
	switch {
	case official && mode == checkout.ModeLive && sandbox:
		return checkout.Invalidf("base_url", "environment_mismatch", "Live payments cannot use Bakong's sandbox.")
	case official && mode == checkout.ModeTest && !sandbox:
		return checkout.Invalidf("base_url", "environment_mismatch", "Test payments cannot use Bakong's production.")
	case mode == checkout.ModeLive && address.Scheme != "https" && !isLoopback(host):
		return checkout.Invalidf("base_url", "setting_invalid", "base_url must be https for live payments.")
	}

	return nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func isWebURL(text string) bool {
	_, err := checkout.ParseWebURL(text)
	return err == nil
}

// checkCode writes a code as a payment would: what KHQR refuses, the settings
// may not say.
func checkCode(s Settings) error {
	if s.MerchantID != "" && s.AccountInformation != "" {
		return checkout.Invalidf("account_information", "setting_invalid", "account_information is for codes without merchant_id.")
	}

	code := s.code()
	now := time.UnixMilli(0).Add(100 * 365 * 24 * time.Hour)
	code.Currency, code.Amount, code.Expires = khqr.USD, "99999999.99", now.Add(time.Minute)
	code.BillNumber = strings.Repeat("9", 25)
	_, err := code.Encode(now)
	var bad *khqr.Error
	if !errors.As(err, &bad) {
		return err
	}

	return checkout.Invalidf(settingOf(bad.Field), "setting_invalid", "%s %s.", settingOf(bad.Field), bad.Reason).WithCause(err)
}

// settingOf names the setting that fills a field of the code.
func settingOf(field khqr.Field) string {
	switch field {
	case khqr.FieldCategoryCode:
		return "mcc"
	case khqr.FieldAdditional:
		return "store_label"
	case khqr.FieldPayee:
		return "account_information"
	}
	return string(field)
}
