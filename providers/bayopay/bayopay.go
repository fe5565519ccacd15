// Package bayopay takes card payments through BayoPay. The buyer's browser
// posts a hashed form to BayoPay's page; the result comes back twice, by the
// browser to the return address and by BayoPay's server to the callback
// address, each with a hash over what was paid. There is no query: a result
// whose hash is right is the proof.
package bayopay

import (
	"context"
	"slices"

	"rieltime/checkout"
	"rieltime/providers"
)

// Name is the provider's name, and the id of its one method.
const Name = "bayopay"

// Provider takes payments through BayoPay.
type Provider struct{}

var (
	_ checkout.Provider         = (*Provider)(nil)
	_ checkout.CallbackReader   = (*Provider)(nil)
	_ checkout.AddressRegistrar = (*Provider)(nil)
	_ checkout.ReturnReader     = (*Provider)(nil)
)

// New returns the provider. It needs no options: it calls nobody, and a message
// carries the time it came.
func New(providers.Options) *Provider { return &Provider{} }

// Name is "bayopay".
func (p *Provider) Name() string { return Name }

// Info implements checkout.Provider.
func (p *Provider) Info() checkout.ProviderInfo {
	return checkout.ProviderInfo{Name: "BayoPay", Icon: "card", Methods: []string{Name}, Reasons: reasons, Settings: settingFields,
		PersonalFields: []string{"bayo_name", "bayo_email", "bayo_mobile"}, StartsWithBuyer: true}
}

// RegisteredAddresses implements checkout.AddressRegistrar: both "must be registered
// beforehand" ("Request Parameters").
func (p *Provider) RegisteredAddresses() []checkout.AddressKind {
	return []checkout.AddressKind{checkout.CallbackAddress, checkout.ReturnAddress}
}

// Methods is one form, or none when the channel does not take the currency or
// the amount is out of its limits.
func (p *Provider) Methods(_ context.Context, account checkout.Account, amount checkout.Money) ([]checkout.Method, error) {
	s, err := parseSettings(account.Settings)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(s.Currencies, amount.Currency) {
		return nil, nil
	}
	if missed, err := s.limits(amount); err != nil || missed != 0 {
		return nil, err
	}

	return []checkout.Method{{
		ID: Name, Provider: Name, Name: "BayoPay", Kind: checkout.ActionFormPost, NeedsCustomer: true,
	}}, nil
}

// Payees is the niaga id.
func (p *Provider) Payees(account checkout.Account) ([]string, error) {
	s, err := parseSettings(account.Settings)
	return []string{s.NiagaID}, err
}
