package baray

import (
	"encoding/json"
	"errors"
	"strings"

	"rieltime/checkout"
	"rieltime/providers/baray/internal/client"
	"rieltime/providers/settings"
)

// The production hosts (Baray documentation, sections 5 and 12).
const (
	DefaultBaseURL = "https://api.baray.io"
	DefaultPayURL  = "https://pay.baray.io"
)

// The environments an API key belongs to (section 2).
const (
	TargetDevelopment = "DEVELOPMENT"
	TargetUAT         = "UAT"
	TargetProduction  = "PRODUCTION"
)

// Settings are a merchant's at Baray, from its dashboard; settingFields describes
// them.
type Settings struct {
	BaseURL string          `json:"base_url"`
	PayURL  string          `json:"pay_url"`
	APIKey  checkout.Secret `json:"api_key"`
	SK      checkout.Secret `json:"sk"`
	IV      checkout.Secret `json:"iv"`
	Target  string          `json:"target"`
	OrgID   string          `json:"org_id"`
}

// settingFields describes each setting. The hosts differ for each environment.
var settingFields = []checkout.Setting{
	{Name: "base_url", Label: "API address", Type: checkout.SettingURL, Required: true, Default: DefaultBaseURL,
		Help: "The address of Baray's API."},
	{Name: "pay_url", Label: "Pay page", Type: checkout.SettingURL, Required: true, Default: DefaultPayURL,
		Help: "The address of Baray's pay page, without the intent's ID."},
	{Name: "api_key", Label: "API key", Type: checkout.SettingSecret, Required: true,
		Help: "The API key from Baray's dashboard."},
	{Name: "sk", Label: "Secret key", Type: checkout.SettingSecret, Required: true,
		Help: "The secret key from Baray's dashboard: 32 bytes in base64."},
	{Name: "iv", Label: "Initialization vector", Type: checkout.SettingSecret, Required: true,
		Help: "The initialization vector from Baray's dashboard: 16 bytes in base64."},
	{Name: "target", Label: "Environment", Type: checkout.SettingText, Required: true, Choices: []string{TargetDevelopment, TargetUAT, TargetProduction},
		Help: "The environment of the API key: PRODUCTION in live mode, DEVELOPMENT or UAT in test mode."},
	{Name: "org_id", Label: "Organization", Type: checkout.SettingText,
		Help: "The organization's ID, such as org-…; it is needed to find an order whose creation got no answer."},
}

var parsed = settings.Parsed[Settings]{Fields: settingFields}

// parseSettings reads settings and fills in the defaults.
func parseSettings(text json.RawMessage) (Settings, error) {
	s, err := parsed.Decode(text)
	if err != nil {
		return Settings{}, err
	}

	s.BaseURL = strings.TrimRight(s.BaseURL, "/")
	s.PayURL = strings.TrimRight(s.PayURL, "/")
	return s, nil
}

// CheckSettings implements checkout.Provider.
func (p *Provider) CheckSettings(mode checkout.Mode, text json.RawMessage) error {
	var s Settings
	if err := settings.Read(mode, text, settingFields, &s); err != nil {
		return err
	}

	_, err := client.NewKey(s.SK.Reveal(), s.IV.Reveal())
	switch {
	case errors.Is(err, client.ErrIV):
		return settings.Invalid("iv", "must be the base64 of 16 bytes.")
	case err != nil:
		return settings.Invalid("sk", "must be the base64 of 32 bytes.")
	case mode == checkout.ModeLive && s.Target != TargetProduction:
		return settings.WrongMode("target", "must be PRODUCTION in live mode.")
	case mode == checkout.ModeTest && s.Target == TargetProduction:
		return settings.WrongMode("target", "must be DEVELOPMENT or UAT in test mode.")
	}

	return nil
}
