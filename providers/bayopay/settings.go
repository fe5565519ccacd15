package bayopay

import (
	"encoding/json"
	"regexp"

	"rieltime/checkout"
	"rieltime/providers/settings"
)

// DefaultGatewayURL is the payment page ("Payment URL").
const DefaultGatewayURL = "https://gateway.bayo.my/bayoipg/Pays/index.php"

// minKey is the least length of a Niaga Key ("Niaga Key").
const minKey = 32

// Settings are a merchant's at BayoPay, from its admin site; settingFields
// describes them.
type Settings struct {
	GatewayURL    string              `json:"gateway_url"`
	NiagaID       string              `json:"niaga_id"`
	NiagaKey      checkout.Secret     `json:"niaga_key"`
	Channel       string              `json:"channel"`
	Currencies    []checkout.Currency `json:"currencies"`
	MoreThan      string              `json:"more_than"`
	LessThan      string              `json:"less_than"`
	CallbackReply string              `json:"callback_reply"`

	RupiahMoreThan string `json:"rupiah_more_than"`
	RupiahLessThan string `json:"rupiah_less_than"`
}

// settingFields describes each setting. The default limits are those of creditmc
// ("Channel Lists"). A rupiah is worth so little that they cannot be its too; the
// document names none for it.
var settingFields = []checkout.Setting{
	{Name: "gateway_url", Label: "Payment page", Type: checkout.SettingURL, Required: true, Default: DefaultGatewayURL,
		Help: "The full address that the payment form is posted to."},
	{Name: "niaga_id", Label: "Niaga ID", Type: checkout.SettingText, Required: true, MaxLength: 32,
		Help: "The merchant's ID, in letters and digits."},
	{Name: "niaga_key", Label: "Niaga key", Type: checkout.SettingSecret, Required: true,
		Help: "The key of at least 32 characters that signs messages."},
	{Name: "channel", Label: "Channel", Type: checkout.SettingText, Required: true, Default: "creditmc", MaxLength: 32,
		Help: "The parameter name of the payment channel."},
	{Name: "currencies", Label: "Currencies", Type: checkout.SettingList, Required: true, Default: "USD", Choices: []string{"USD", "MYR", "IDR"},
		Help: "The currencies that the channel accepts."},
	{Name: "more_than", Label: "Lower limit", Type: checkout.SettingText, Required: true, Default: "1.00",
		Help: "The channel's lower limit: an amount must be more than this."},
	{Name: "less_than", Label: "Upper limit", Type: checkout.SettingText, Required: true, Default: "5000.00",
		Help: "The channel's upper limit: an amount must be less than this."},
	{Name: "rupiah_more_than", Label: "Lower limit in rupiah", Type: checkout.SettingText,
		Help: "The same for amounts in IDR, to which the other limits do not apply; if empty, there is none."},
	{Name: "rupiah_less_than", Label: "Upper limit in rupiah", Type: checkout.SettingText,
		Help: "The same for amounts in IDR, to which the other limits do not apply; if empty, there is none."},
	{Name: "callback_reply", Label: "Reply to callbacks", Type: checkout.SettingText, Default: "OK",
		Help: "The body of the response to a callback; BayoPay does not specify it."},
}

// codes are the currencies with their numbers ("Currency Code").
var codes = map[string]checkout.Currency{"840": checkout.USD, "458": checkout.MYR, "360": checkout.IDR}

var (
	niagaIDForm = regexp.MustCompile(`^[A-Za-z0-9]+$`)
	channelForm = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
)

var parsed = settings.Parsed[Settings]{Fields: settingFields}

// parseSettings reads settings and fills in the defaults.
func parseSettings(text json.RawMessage) (Settings, error) { return parsed.Decode(text) }

// CheckSettings implements checkout.Provider.
func (p *Provider) CheckSettings(mode checkout.Mode, text json.RawMessage) error {
	var s Settings
	if err := settings.Read(mode, text, settingFields, &s); err != nil {
		return err
	}

	switch {
	case !niagaIDForm.MatchString(s.NiagaID):
		return settings.Invalid("niaga_id", "must be letters and digits.")
	case len(s.NiagaKey) < minKey:
		return settings.Invalid("niaga_key", "must have at least %d characters.", minKey)
	case !channelForm.MatchString(s.Channel):
		return settings.Invalid("channel", "must be a channel's parameter name, such as creditmc.")
	}

	return checkLimits(s)
}

func unknownCurrency(c checkout.Currency) bool {
	for _, known := range codes {
		if c == known {
			return false
		}
	}
	return true
}

func checkLimits(s Settings) error {
	for _, limits := range []struct {
		currency          checkout.Currency
		prefix, low, high string
	}{
		{checkout.USD, "", s.MoreThan, s.LessThan},
		{checkout.IDR, "rupiah_", s.RupiahMoreThan, s.RupiahLessThan},
	} {
		low, err := parseLimit(limits.low, limits.currency, 0)
		if err != nil {
			return settings.Invalid(limits.prefix+"more_than", "%s.", err)
		}
		high, err := parseLimit(limits.high, limits.currency, checkout.MaxMinor+1)
		if err != nil {
			return settings.Invalid(limits.prefix+"less_than", "%s.", err)
		}
		if high <= low {
			return settings.Invalid(limits.prefix+"less_than", "must be more than %smore_than.", limits.prefix)
		}
	}
	return nil
}

// parseLimit reads a limit in the smallest unit; without one it is none.
func parseLimit(text string, currency checkout.Currency, none int64) (int64, error) {
	if text == "" {
		return none, nil
	}
	limit, err := checkout.ParseDecimal(text, currency)
	return limit.Minor, err
}

// limitsIn are the texts of the channel's limits in a currency; empty: none is known.
func (s Settings) limitsIn(currency checkout.Currency) (moreThan, lessThan string) {
	if currency == checkout.IDR {
		return s.RupiahMoreThan, s.RupiahLessThan
	}
	return s.MoreThan, s.LessThan
}

// limits compares an amount with the channel's limits: -1 if it is too small, 1 if too
// large, 0 neither.
func (s Settings) limits(amount checkout.Money) (int, error) {
	moreThan, lessThan := s.limitsIn(amount.Currency)
	low, err := parseLimit(moreThan, amount.Currency, 0)
	if err != nil {
		return 0, err
	}

	high, err := parseLimit(lessThan, amount.Currency, checkout.MaxMinor+1)
	switch {
	case err != nil:
		return 0, err
	case amount.Minor <= low:
		return -1, nil
	case amount.Minor >= high:
		return 1, nil
	}

	return 0, nil
}
