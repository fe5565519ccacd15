// Package baray takes payments through Baray, which forwards them to ABA,
// ACLEDA, Sathapana and Wing. An intent is created by an encrypted call, the
// buyer is sent to Baray's pay page, and an encrypted webhook, which proves
// nothing, wakes the question whether the intent was paid.
//
// The webhook's address belongs to the API key: a merchant sets
// <base>/callbacks/baray/<acct_id> in Baray's dashboard.
package baray

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"rieltime/checkout"
	"rieltime/providers"
	"rieltime/providers/baray/internal/client"
	"rieltime/providers/wire"
)

// Name is the provider's name, and the id of its one method.
const Name = "baray"

// The least amounts Baray takes (section 1): 0.03 USD, 100 KHR.
var least = map[checkout.Currency]int64{checkout.USD: 3, checkout.KHR: 100}

// Provider takes payments through Baray.
type Provider struct {
	wire *wire.Client
	now  func() time.Time
	log  *slog.Logger
}

var (
	_ checkout.Provider         = (*Provider)(nil)
	_ checkout.Querier          = (*Provider)(nil)
	_ checkout.CallbackReader   = (*Provider)(nil)
	_ checkout.AddressRegistrar = (*Provider)(nil)
)

// New returns the provider.
func New(o providers.Options) *Provider {
	o = o.WithDefaults()
	return &Provider{wire: o.Wire, now: o.Now, log: o.Log}
}

// Name is "baray".
func (p *Provider) Name() string { return Name }

// Info implements checkout.Provider.
func (p *Provider) Info() checkout.ProviderInfo {
	return checkout.ProviderInfo{Name: "Baray", Icon: "bank", Methods: []string{Name}, Reasons: reasons, Settings: settingFields}
}

// RegisteredAddresses implements checkout.AddressRegistrar: the webhook's address is
// in the merchant's settings at Baray, and in no request.
func (p *Provider) RegisteredAddresses() []checkout.AddressKind {
	return []checkout.AddressKind{checkout.CallbackAddress}
}

// Methods is one redirect, or none below Baray's least amount.
func (p *Provider) Methods(_ context.Context, _ checkout.Account, amount checkout.Money) ([]checkout.Method, error) {
	if bound, ok := least[amount.Currency]; !ok || amount.Minor < bound {
		return nil, nil
	}
	return []checkout.Method{{ID: Name, Provider: Name, Name: "Baray", Kind: checkout.ActionRedirect}}, nil
}

// Payees is the organization, or the account where the merchant names none.
func (p *Provider) Payees(account checkout.Account) ([]string, error) {
	settings, err := parseSettings(account.Settings)
	return []string{payee(account, settings)}, err
}

func (p *Provider) client(account checkout.Account) (Settings, *client.Client, error) {
	settings, err := parseSettings(account.Settings)
	if err != nil {
		return Settings{}, nil, err
	}
	key, err := client.NewKey(settings.SK.Reveal(), settings.IV.Reveal())
	if err != nil {
		return Settings{}, nil, fmt.Errorf("baray: %w", err)
	}
	return settings, &client.Client{Wire: p.wire, BaseURL: settings.BaseURL, APIKey: settings.APIKey.Reveal(), Key: key}, nil
}

// payee names whose money it becomes: Baray's answers to checks name nobody,
// the API key does. It is the organization when the merchant has named it.
func payee(account checkout.Account, s Settings) string {
	if s.OrgID != "" {
		return s.OrgID
	}
	return "baray:" + account.ID
}
