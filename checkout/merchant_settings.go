package checkout

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
)

// MerchantSettings are a merchant's settings as they are stored, with their secrets:
// never log them.
type MerchantSettings struct {
	Merchant Merchant
	Version  int64 // counts their changes, from 1
	Modes    map[Mode]ModeSettings
}

// ModeSettings are a merchant's settings in one mode.
type ModeSettings struct {
	WebhookURL string          // of the endpoint that the merchant's file has; empty: none
	Accounts   []StoredAccount // by provider
}

// StoredAccount is an account that is enabled or not.
type StoredAccount struct {
	Account
	Enabled bool
}

// Account finds the account at a provider.
func (m ModeSettings) Account(provider string) (StoredAccount, bool) {
	at := slices.IndexFunc(m.Accounts, func(a StoredAccount) bool { return a.Provider == provider })
	if at < 0 {
		return StoredAccount{}, false
	}
	return m.Accounts[at], true
}

// Spec is the file that makes these settings. A mode of which nothing is stored is left
// out, and so are accounts that are not enabled.
func (m MerchantSettings) Spec() MerchantSpec {
	of := m.Merchant
	return MerchantSpec{
		ID: of.ID, Name: of.Name, LogoURL: of.LogoURL, Accent: of.Accent, SupportContact: of.SupportContact, TermsURL: of.TermsURL,
		ReturnHosts: of.ReturnHosts, FrameHosts: of.FrameHosts, Methods: of.Methods, LatePayments: of.LatePayments, FixedTime: of.FixedTime, Exchange: of.Exchange,
		Test: m.ModeSpec(ModeTest), Live: m.ModeSpec(ModeLive),
	}
}

// ModeSpec is one mode of Spec.
func (m MerchantSettings) ModeSpec(mode Mode) *ModeSpec {
	stored := m.Modes[mode]
	if stored.WebhookURL == "" && len(stored.Accounts) == 0 {
		return nil
	}

	spec := &ModeSpec{WebhookURL: stored.WebhookURL, Providers: map[string]json.RawMessage{}}
	for _, account := range stored.Accounts {
		if account.Enabled {
			spec.Providers[account.Provider] = account.Settings
		}
	}

	return spec
}

// Changes lists the paths of the settings that a set-up changes, such as "name" and
// "test.providers.kess.password", and no value: it may be a secret.
func (setup MerchantSetup) Changes(before MerchantSettings) []string {
	after := MerchantSettings{Merchant: setup.Merchant, Modes: maps.Clone(before.Modes)}
	if after.Modes == nil {
		after.Modes = map[Mode]ModeSettings{}
	}

	for _, mode := range setup.Modes {
		settings := ModeSettings{WebhookURL: mode.Endpoint.URL}
		for _, account := range mode.Accounts {
			settings.Accounts = append(settings.Accounts, StoredAccount{account, true})
		}
		after.Modes[mode.Mode] = settings
	}

	was, is := map[string]any{}, map[string]any{}
	flatten("", plainValue(before.Spec()), was)
	flatten("", plainValue(after.Spec()), is)

	paths := map[string]bool{}
	for path, value := range is {
		if other, had := was[path]; !had || !reflect.DeepEqual(value, other) {
			paths[path] = true
		}
	}

	for path := range was {
		if _, has := is[path]; !has {
			paths[path] = true
		}
	}

	return slices.Sorted(maps.Keys(paths))
}

// plainValue is a value as JSON has it.
func plainValue(value any) (plain any) {
	text, err := json.Marshal(value)
	if err != nil {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	_ = decoder.Decode(&plain) // of what was just encoded
	return plain
}

// flatten collects the members of an object, and those of the objects in it, by their
// paths. An object without members counts as one itself.
func flatten(path string, value any, into map[string]any) {
	object, is := value.(map[string]any)
	if !is || len(object) == 0 {
		if path != "" && value != nil {
			into[path] = value
		}
		return
	}

	for name, member := range object {
		below := name
		if path != "" {
			below = path + "." + name
		}
		flatten(below, member, into)
	}
}

// SameSettings reports whether two settings say the same, however they are written.
func SameSettings(a, b json.RawMessage) bool {
	if bytes.Equal(a, b) {
		return true
	}
	if !json.Valid(a) || !json.Valid(b) {
		return false
	}
	return reflect.DeepEqual(plainValue(a), plainValue(b))
}
