package bakong

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"rieltime/checkout"
	"rieltime/khqr"
	"rieltime/providers/bakong/internal/relay"
	"rieltime/providers/settings"
)

// maxLife bounds a code's life in seconds: ten minutes is the document's limit
// ("QR integration", System Interaction Flow).
const maxLife = 600

// Settings are a merchant's for this provider; settingFields describes them.
type Settings struct {
	BaseURL            string   `json:"base_url"`
	Upstream           string   `json:"upstream"`
	Account            string   `json:"account"`
	MerchantName       string   `json:"merchant_name"`
	MerchantCity       string   `json:"merchant_city"`
	MerchantID         string   `json:"merchant_id"`
	AcquiringBank      string   `json:"acquiring_bank"`
	AccountInformation string   `json:"account_information"`
	MCC                string   `json:"mcc"`
	StoreLabel         string   `json:"store_label"`
	SettlementAccounts []string `json:"settlement_accounts"`

	// Codes in a currency that is not of Currencies are not made. Riel can have an account
	// of its own at the same bank.
	Currencies             []checkout.Currency `json:"currencies"`
	RielAccount            string              `json:"riel_account"`
	RielMerchantID         string              `json:"riel_merchant_id"`
	RielAccountInformation string              `json:"riel_account_information"`

	UpstreamIdentity checkout.Secret `json:"upstream_identity"`

	Token checkout.Secret `json:"token"`
	Email string          `json:"email"`

	// Bakong takes all three of these or none: the icon decides, the other two
	// have defaults that depend on the payment.
	AppName     string `json:"app_name"`
	AppIconURL  string `json:"app_icon_url"`
	AppCallback string `json:"app_callback"`

	BankApps []string `json:"bank_apps"`

	QRLifeSeconds     int     `json:"qr_life_seconds"`
	UseLists          bool    `json:"use_lists"`
	ReferenceLookups  bool    `json:"reference_lookups"`
	RequestsPerSecond float64 `json:"requests_per_second"`
	DailyAllowance    int     `json:"daily_allowance"`
}

// rielPrefix begins the names of settings that are of riel's own account.
const rielPrefix = "riel_"

// settingFields describes each setting. The lengths are KHQR's.
var settingFields = []checkout.Setting{
	{Name: "base_url", Label: "API address", Type: checkout.SettingURL, Required: true,
		Help: "The address of Bakong's API, such as https://api-bakong.nbc.gov.kh."},
	{Name: "account", Label: "Bakong account", Type: checkout.SettingText, Required: true, MaxLength: 32,
		Help: "The Bakong account that receives the money, in the form name@bank."},
	{Name: "merchant_name", Label: "Merchant name", Type: checkout.SettingText, Required: true, MaxLength: 25,
		Help: "The name of the merchant as bank apps show it."},
	{Name: "merchant_city", Label: "City", Type: checkout.SettingText, Default: "Phnom Penh", MaxLength: 15,
		Help: "The city of the merchant as bank apps show it."},
	{Name: "merchant_id", Label: "Merchant ID", Type: checkout.SettingText, MaxLength: 32,
		Help: "The merchant's ID at the acquiring bank; with it, merchant codes are made instead of individual ones."},
	{Name: "acquiring_bank", Label: "Acquiring bank", Type: checkout.SettingText, MaxLength: 32,
		Help: "The name of the merchant's bank, required for merchant codes."},
	{Name: "account_information", Label: "Account number", Type: checkout.SettingText, MaxLength: 32,
		Help: "The account number or phone number at the bank, for individual codes."},
	{Name: "mcc", Label: "Merchant category code", Type: checkout.SettingText, Default: "5999", MaxLength: 4,
		Help: "The four-digit category code of the merchant's business."},
	{Name: "store_label", Label: "Store", Type: checkout.SettingText, MaxLength: 25,
		Help: "The name of the shop that the code contains."},
	{Name: "settlement_accounts", Label: "Settlement accounts", Type: checkout.SettingList,
		Help: "Other accounts that Bakong may report as the receiver, such as the bank's own, in the form name@bank."},
	{Name: "currencies", Label: "Currencies", Type: checkout.SettingList, Default: "USD,KHR", Choices: []string{"USD", "KHR"},
		Help: "The currencies that the account takes; wallets from abroad pay riel only."},
	{Name: rielPrefix + "account", Label: "Bakong account for riel", Type: checkout.SettingText, MaxLength: 32,
		Help: "The Bakong account that receives riel, in the form name@bank, when it is another one."},
	{Name: rielPrefix + "merchant_id", Label: "Merchant ID for riel", Type: checkout.SettingText, MaxLength: 32,
		Help: "The merchant's ID of the account for riel at the acquiring bank."},
	{Name: rielPrefix + "account_information", Label: "Account number for riel", Type: checkout.SettingText, MaxLength: 32,
		Help: "The account number of the account for riel, for individual codes."},
	{Name: "token", Label: "Access token", Type: checkout.SettingSecret,
		Help: "The access token of Bakong's API, which is optional when an email is set to renew it."},
	{Name: "email", Label: "Registered email", Type: checkout.SettingText, MaxLength: 30,
		Help: "The address registered with Bakong, with which the token is renewed automatically."},
	{Name: "upstream", Label: "Relay", Type: checkout.SettingURL,
		Help: "The address of a relay in Cambodia that forwards the calls, because Bakong answers Cambodian addresses only."},
	{Name: "upstream_identity", Label: "Keys of the relay", Type: checkout.SettingSecret,
		Help: "What relay keys wrote to caller.txt; without it, whoever answers at the relay's address can say what was paid."},
	{Name: "app_name", Label: "App name", Type: checkout.SettingText,
		Help: "The name that a bank app shows for a deep link; by default, the merchant's name."},
	{Name: "app_icon_url", Label: "App icon", Type: checkout.SettingLink,
		Help: "The address of the icon that a bank app shows for a deep link, which enables deep links."},
	{Name: "app_callback", Label: "App callback", Type: checkout.SettingText,
		Help: "Where a bank app returns to after a deep link; by default, the checkout page."},
	{Name: "bank_apps", Label: "Buttons for banks' apps", Type: checkout.SettingList, MaxLength: maxBankAppLine,
		Help: "The apps that buttons on phones open beside the general one, as ABA or with the address that opens the app, as Name=scheme://host?code={khqr}."},
	{Name: "qr_life_seconds", Label: "Lifetime of a code in seconds", Type: checkout.SettingInteger, Default: "300", Min: 5, Max: maxLife,
		Help: "How long a code can be paid, but never after the session ends."},
	{Name: "use_lists", Label: "Query in lists", Type: checkout.SettingBoolean, Default: "false",
		Help: "Whether to query up to 50 codes at once, if the deployment allows it."},
	{Name: "reference_lookups", Label: "Look up bank references", Type: checkout.SettingBoolean, Default: "false",
		Help: "Whether buyers may enter the bank's reference of a payment instead of its transaction hash, if the deployment looks them up."},
	{Name: "requests_per_second", Label: "Queries per second", Type: checkout.SettingDecimal, Default: "0", Min: 0.001, Max: 1000,
		Help: "The most queries per second; 0 means no limit."},
	{Name: "daily_allowance", Label: "Queries per day", Type: checkout.SettingInteger, Default: "0", Min: 1, Max: 1_000_000_000,
		Help: "The most queries per day; 0 means no limit except the one that Bakong reports."},
}

// life is how long a code is offered.
func (s Settings) life() time.Duration { return time.Duration(s.QRLifeSeconds) * time.Second }

// accounts are those that codes name.
func (s Settings) accounts() []string {
	if s.RielAccount == "" || s.RielAccount == s.Account {
		return []string{s.Account}
	}
	return []string{s.Account, s.RielAccount}
}

// payees are the accounts whose money is the merchant's.
func (s Settings) payees() []string { return append(s.accounts(), s.SettlementAccounts...) }

// takes reports whether there is an account for a currency.
func (s Settings) takes(currency checkout.Currency) bool {
	return slices.Contains(s.Currencies, currency)
}

// code is the merchant's part of a KHQR in a currency.
func (s Settings) code(currency checkout.Currency) khqr.Code {
	if currency == checkout.KHR && s.RielAccount != "" {
		s.Account, s.MerchantID, s.AccountInformation = s.RielAccount, s.RielMerchantID, s.RielAccountInformation
	}

	code := khqr.Code{
		Kind:          khqr.Individual,
		Account:       s.Account,
		AcquiringBank: s.AcquiringBank,
		MerchantName:  s.MerchantName,
		MerchantCity:  s.MerchantCity,
		CategoryCode:  s.MCC,
		StoreLabel:    s.StoreLabel,
		Currency:      khqr.USD,
	}
	if currency == checkout.KHR {
		code.Currency = khqr.KHR
	}
	if s.MerchantID != "" {
		code.Kind, code.MerchantID = khqr.Merchant, s.MerchantID
	} else {
		code.AccountInformation = s.AccountInformation
	}

	return code
}

var parsed = settings.Parsed[Settings]{Fields: settingFields}

// parseSettings reads settings and fills in the defaults.
func parseSettings(raw json.RawMessage) (Settings, error) { return parsed.Decode(raw) }

// CheckSettings implements checkout.Provider.
func (p *Provider) CheckSettings(mode checkout.Mode, raw json.RawMessage) error {
	var s Settings
	if err := settings.Read(mode, raw, settingFields, &s); err != nil {
		return err
	}
	if err := checkEnvironment(mode, s.BaseURL); err != nil {
		return err
	}
	if err := checkCode(s); err != nil {
		return err
	}

	for i, account := range s.SettlementAccounts {
		if name, bank, found := strings.Cut(account, "@"); !found || name == "" || bank == "" || strings.Contains(bank, "@") {
			return settings.Invalid(indexed("settlement_accounts", i), "must have the form name@bank.")
		}
	}

	if err := checkBankApps(s); err != nil {
		return err
	}
	return checkAccess(s)
}

// checkAccess checks how Bakong is asked, and what a deep link says.
func checkAccess(s Settings) error {
	switch {
	case s.UpstreamIdentity != "" && s.Upstream == "":
		return settings.Missing("upstream", "Set the address of the relay that the keys are of.")
	case s.UpstreamIdentity != "" && !isIdentity(s.UpstreamIdentity):
		return settings.Invalid("upstream_identity", "must be the line that relay keys wrote to caller.txt.")
	case s.Token == "" && s.Email == "":
		return settings.Missing("token", "Set a token, or the registered email to get one.")
	case strings.ContainsAny(s.Token.Reveal(), " \t\r\n"):
		return settings.Invalid("token", "must not contain spaces.")
	case s.Email != "" && !strings.Contains(s.Email, "@"):
		return settings.Invalid("email", "must be an email address.")
	case s.AppIconURL == "" && (s.AppName != "" || s.AppCallback != ""):
		return settings.Missing("app_icon_url", "Bakong accepts app_name and app_callback only together with it.")
	}

	return nil
}

// isIdentity reports whether a setting has the keys of a relay.
func isIdentity(line checkout.Secret) bool {
	identity, err := relay.ParseLine(line)
	if err == nil {
		_, err = relay.ClientTLS(identity)
	}
	return err == nil
}

// checkEnvironment keeps test credentials away from the live deployment and the
// other way round.
func checkEnvironment(mode checkout.Mode, baseURL string) error {
	address, err := checkout.ParseWebURL(baseURL)
	if err != nil {
		return err
	}

	host := strings.ToLower(address.Hostname())
	official := strings.HasSuffix(host, ".nbc.gov.kh") || strings.HasSuffix(host, ".nbc.org.kh")
	sandbox := strings.HasPrefix(host, "sit-")
	switch {
	case official && mode == checkout.ModeLive && sandbox:
		return settings.WrongMode("base_url", "must not be Bakong's sandbox API in live mode.")
	case official && mode == checkout.ModeTest && !sandbox:
		return settings.WrongMode("base_url", "must not be Bakong's production API in test mode.")
	}

	return nil
}

// checkCode writes a code as a payment would: what KHQR refuses, the settings
// may not say.
func checkCode(s Settings) error {
	switch {
	case s.MerchantID != "" && s.AccountInformation != "":
		return settings.Invalid("account_information", "must be empty when merchant_id is set.")
	case s.RielMerchantID != "" && s.RielAccountInformation != "":
		return settings.Invalid(rielPrefix+"account_information", "must be empty when riel_merchant_id is set.")
	case s.RielAccount == "" && s.RielMerchantID+s.RielAccountInformation != "":
		return settings.Missing(rielPrefix+"account", "riel_merchant_id and riel_account_information are of that account.")
	case s.RielAccount != "" && !s.takes(checkout.KHR):
		return settings.Invalid(rielPrefix+"account", "must be empty when currencies lacks KHR.")
	}

	if err := checkCodeIn(s, checkout.USD, "99999999.99", ""); err != nil || s.RielAccount == "" {
		return err
	}
	return checkCodeIn(s, checkout.KHR, "9999999999", rielPrefix)
}

// checkCodeIn checks the code in a currency; its account's settings begin with prefix.
func checkCodeIn(s Settings, currency checkout.Currency, amount, prefix string) error {
	code := s.code(currency)
	now := time.UnixMilli(0).Add(100 * 365 * 24 * time.Hour)
	code.Amount, code.Expires = amount, now.Add(time.Minute)
	code.BillNumber = strings.Repeat("9", 25)
	_, err := code.Encode(now)
	var bad *khqr.Error
	if !errors.As(err, &bad) {
		return err
	}

	name := settingOf(bad.Field)
	switch bad.Field {
	case khqr.FieldAccount, khqr.FieldMerchantID, khqr.FieldAccountInformation, khqr.FieldPayee:
		name = prefix + name
	}
	return settings.Invalid(name, "%s.", bad.Reason).WithCause(err)
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

func indexed(field string, i int) string { return field + "[" + strconv.Itoa(i) + "]" }
