package baray

import (
	"encoding/json"
	"strings"

	"rieltime/checkout"
	"rieltime/providers/baray/internal/cipher"
)

// The production hosts (Baray documentation, sections 5 and 12).
const (
	DefaultBaseURL = "https://api.baray.io"
	DefaultPayURL  = "https://pay.baray.io"
)

// The environments an API key belongs to (section 2).
const (
	Development = "DEVELOPMENT"
	UAT         = "UAT"
	Production  = "PRODUCTION"
)

// Settings are a merchant's at Baray, from its dashboard.
type Settings struct {
	// BaseURL is the API's host; empty means DefaultBaseURL. Hosts differ
	// for each environment.
	BaseURL string `json:"base_url"`
	// PayURL is the host of the pay page; empty means DefaultPayURL.
	PayURL string `json:"pay_url"`
	// APIKey goes into the x-api-key header. Its form is not checked.
	APIKey checkout.Secret `json:"api_key"`
	// SK is the secret key: the base64 of 32 bytes.
	SK checkout.Secret `json:"sk"`
	// IV is the initialization vector: the base64 of 16 bytes.
	IV checkout.Secret `json:"iv"`
	// Target is the API key's environment: DEVELOPMENT, UAT or PRODUCTION.
	// Live mode takes PRODUCTION only, test mode never takes it.
	Target string `json:"target"`
	// OrgID is the organization, org-{uuid}; optional. When set, intents of
	// another organization are refused, and an attempt whose creation
	// brought no answer can be asked about.
	OrgID string `json:"org_id"`
}

func parseSettings(text json.RawMessage) (Settings, error) {
	s := Settings{BaseURL: DefaultBaseURL, PayURL: DefaultPayURL}
	if err := checkout.ReadSettings(text, &s); err != nil {
		return Settings{}, err
	}
	s.BaseURL = strings.TrimRight(s.BaseURL, "/")
	s.PayURL = strings.TrimRight(s.PayURL, "/")
	return s, nil
}

// CheckSettings reports the first bad field.
func (p *Provider) CheckSettings(mode checkout.Mode, settings json.RawMessage) error {
	s, err := parseSettings(settings)
	if err != nil {
		return err
	}
	if err := checkHost(mode, "base_url", s.BaseURL); err != nil {
		return err
	}
	if err := checkHost(mode, "pay_url", s.PayURL); err != nil {
		return err
	}
	if s.APIKey == "" {
		return checkout.Invalidf("api_key", "api_key_missing", "api_key is needed.")
	}

	_, err = cipher.New(s.SK.Reveal(), s.IV.Reveal())
	switch err {
	case nil:
	case cipher.ErrIV:
		return checkout.Invalidf("iv", "iv_invalid", "iv must be the base64 of 16 bytes.")
	default:
		return checkout.Invalidf("sk", "sk_invalid", "sk must be the base64 of 32 bytes.")
	}

	return checkTarget(mode, s.Target)
}

func checkTarget(mode checkout.Mode, target string) error {
	switch {
	case target != Development && target != UAT && target != Production:
		return checkout.Invalidf("target", "target_invalid", "target must be DEVELOPMENT, UAT or PRODUCTION.")
	case mode == checkout.ModeLive && target != Production:
		return checkout.Invalidf("target", "target_not_live", "Live mode needs a key whose target is PRODUCTION.")
	case mode != checkout.ModeLive && target == Production:
		return checkout.Invalidf("target", "target_live", "Test mode does not take a key whose target is PRODUCTION.")
	}
	return nil
}

// checkHost wants an absolute address; in live mode one with TLS.
func checkHost(mode checkout.Mode, field, text string) error {
	u, err := checkout.ParseWebURL(text)
	if err != nil {
		return checkout.Invalidf(field, "url_invalid", "%s %v.", field, err)
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return checkout.Invalidf(field, "url_invalid", "%s must be an address such as https://api.baray.io.", field)
	}
	if mode == checkout.ModeLive && u.Scheme != "https" {
		return checkout.Invalidf(field, "url_not_https", "%s must begin with https:// in live mode.", field)
	}

	return nil
}
