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
}

// settingFields describes each setting. The default limits are those of creditmc
// ("Channel Lists").
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
	{Name: "callback_reply", Label: "Reply to callbacks", Type: checkout.SettingText, Default: "OK",
		Help: "The body of the response to a callback; BayoPay does not specify it."},
}

// codes are the currencies with their numbers ("Currency Code").
var codes = map[string]checkout.Currency{"840": checkout.USD, "458": "MYR", "360": "IDR"}

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
	low, err := checkout.ParseDecimal(s.MoreThan, s.Currencies[0])
	if err != nil {
		return settings.Invalid("more_than", "%s.", err)
	}

	high, err := checkout.ParseDecimal(s.LessThan, s.Currencies[0])
	if err != nil {
		return settings.Invalid("less_than", "%s.", err)
	}
	if high.Minor <= low.Minor {
		return settings.Invalid("less_than", "must be more than more_than.")
	}

	return nil
}

// limits tells how an amount misses the channel's limits: -1 too small, 1 too
// large, 0 neither.
func (s Settings) limits(amount checkout.Money) (int, error) {
	low, err := checkout.ParseDecimal(s.MoreThan, amount.Currency)
	if err != nil {
		return 0, err
	}

	high, err := checkout.ParseDecimal(s.LessThan, amount.Currency)
	switch {
	case err != nil:
		return 0, err
	case amount.Minor <= low.Minor:
		return -1, nil
	case amount.Minor >= high.Minor:
		return 1, nil
	}

	return 0, nil
}
