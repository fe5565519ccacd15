package bayopay

import (
	"encoding/json"
	"regexp"
	"slices"

	"rieltime/checkout"
)

// DefaultGatewayURL is the payment page ("Payment URL").
const DefaultGatewayURL = "https://gateway.bayo.my/bayoipg/Pays/index.php"

// minKey is the least length of a Niaga Key ("Niaga Key").
const minKey = 32

// Settings are a merchant's at BayoPay, from its admin site.
type Settings struct {
	// GatewayURL is the whole address that the payment form is posted to;
	// empty means DefaultGatewayURL.
	GatewayURL string `json:"gateway_url"`
	// NiagaID names the merchant, alphanumeric, at most 32 characters.
	NiagaID string `json:"niaga_id"`
	// NiagaKey seeds the hashes, at least 32 characters.
	NiagaKey checkout.Secret `json:"niaga_key"`
	// Channel is the payment channel; "creditmc" when left out.
	Channel string `json:"channel"`
	// Currencies are those the channel takes: USD, MYR, IDR. USD alone when
	// left out.
	Currencies []checkout.Currency `json:"currencies"`
	// MoreThan and LessThan are the channel's limits: an amount must be more
	// than the one and less than the other. "1.00" and "5000.00" when left
	// out, which are those of creditmc ("Channel Lists").
	MoreThan string `json:"more_than"`
	LessThan string `json:"less_than"`
	// CallbackReply is the body of the 200 answer to a callback, which the
	// document does not name; "OK" when left out.
	CallbackReply string `json:"callback_reply"`
}

// codes are the currencies with their numbers ("Currency Code").
var codes = map[string]checkout.Currency{"840": checkout.USD, "458": "MYR", "360": "IDR"}

var (
	niagaIDForm = regexp.MustCompile(`^[A-Za-z0-9]{1,32}$`)
	channelForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,32}$`)
)

func parseSettings(text json.RawMessage) (Settings, error) {
	s := Settings{
		GatewayURL: DefaultGatewayURL, Channel: "creditmc", Currencies: []checkout.Currency{checkout.USD},
		MoreThan: "1.00", LessThan: "5000.00", CallbackReply: "OK",
	}
	if err := checkout.ReadSettings(text, &s); err != nil {
		return Settings{}, err
	}
	return s, nil
}

// CheckSettings reports the first bad field.
func (p *Provider) CheckSettings(mode checkout.Mode, settings json.RawMessage) error {
	s, err := parseSettings(settings)
	if err != nil {
		return err
	}
	if err := checkGateway(mode, s.GatewayURL); err != nil {
		return err
	}

	switch {
	case !niagaIDForm.MatchString(s.NiagaID):
		return checkout.Invalidf("niaga_id", "niaga_id_invalid", "niaga_id must be 1 to 32 letters and digits.")
	case len(s.NiagaKey) < minKey:
		return checkout.Invalidf("niaga_key", "niaga_key_short", "niaga_key must have at least %d characters.", minKey)
	case !channelForm.MatchString(s.Channel):
		return checkout.Invalidf("channel", "channel_invalid", "channel must be a channel's parameter name, such as creditmc.")
	case len(s.Currencies) == 0 || slices.ContainsFunc(s.Currencies, unknownCurrency):
		return checkout.Invalidf("currencies", "currencies_invalid", "currencies must be some of USD, MYR and IDR.")
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
		return checkout.Invalidf("more_than", "limit_invalid", "more_than %s.", err)
	}

	high, err := checkout.ParseDecimal(s.LessThan, s.Currencies[0])
	if err != nil {
		return checkout.Invalidf("less_than", "limit_invalid", "less_than %s.", err)
	}
	if high.Minor <= low.Minor {
		return checkout.Invalidf("less_than", "limit_invalid", "less_than must be more than more_than.")
	}

	return nil
}

// checkGateway wants an absolute address; in live mode one with TLS.
func checkGateway(mode checkout.Mode, text string) error {
	u, err := checkout.ParseWebURL(text)
	if err != nil {
		return checkout.Invalidf("gateway_url", "url_invalid", "gateway_url %v.", err)
	}
	if u.Fragment != "" {
		return checkout.Invalidf("gateway_url", "url_invalid", "gateway_url must be an address such as %s.", DefaultGatewayURL)
	}
	if mode == checkout.ModeLive && u.Scheme != "https" {
		return checkout.Invalidf("gateway_url", "url_not_https", "gateway_url must begin with https:// in live mode.")
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
