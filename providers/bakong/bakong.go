// Package bakong takes payments by KHQR through Bakong, the payment system of
// the National Bank of Cambodia. Each payment gets a dynamic code with its own
// bill number; Bakong sends no callbacks, so that it was paid is learnt by
// asking for the code's md5.
package bakong

import (
	"context"
	"log/slog"
	"time"

	"rieltime/checkout"
	"rieltime/providers"
	"rieltime/providers/bakong/internal/client"
)

// Name is the provider's name.
const Name = "bakong"

// methodID is the id of the provider's one method.
const methodID = "khqr"

// Provider implements checkout's ports for Bakong. It is safe for concurrent use.
type Provider struct {
	routes *routes
	tokens *tokens
	now    func() time.Time
	log    *slog.Logger

	listPauses pauses // of questions about several payments at once
	linkPauses pauses // of requests for deep links

	referencePauses pauses // of look-ups by a kind of reference; see pauseKey
}

var (
	_ checkout.Provider       = (*Provider)(nil)
	_ checkout.Querier        = (*Provider)(nil)
	_ checkout.BatchQuerier   = (*Provider)(nil)
	_ checkout.Budgeted       = (*Provider)(nil)
	_ checkout.HashChecker    = (*Provider)(nil)
	_ checkout.AccountChecker = (*Provider)(nil)
	_ checkout.AccountEnder   = (*Provider)(nil)

	_ checkout.ReferenceChecker = (*Provider)(nil)
)

// New returns the provider. The vault keeps its renewed tokens.
func New(o providers.Options) *Provider {
	o = o.WithDefaults()
	routes := &routes{wire: o.Wire, now: o.Now}
	return &Provider{
		routes: routes,
		tokens: newTokens(o, routes),
		now:    o.Now,
		log:    o.Log.With("provider", Name),
	}
}

// Name implements checkout.Provider.
func (p *Provider) Name() string { return Name }

// Info implements checkout.Provider.
func (p *Provider) Info() checkout.ProviderInfo {
	return checkout.ProviderInfo{Name: "Bakong", Icon: "khqr", Methods: []string{methodID}, Reasons: reasons, Settings: settingFields,
		PersonalFields: []string{"fromaccountid", "fromaccount"}, ReferenceFields: []string{"externalref", "instructionref"}, StartsWithBuyer: true}
}

// Methods implements checkout.Provider: KHQR, for every amount in a currency that there is
// an account for.
func (p *Provider) Methods(_ context.Context, account checkout.Account, amount checkout.Money) ([]checkout.Method, error) {
	settings, err := parseSettings(account.Settings)
	if err != nil {
		return nil, err
	}
	if !settings.takes(amount.Currency) || amount.Minor <= 0 {
		return nil, nil
	}
	return []checkout.Method{{ID: methodID, Provider: Name, Name: "KHQR", Kind: checkout.ActionQRCode}}, nil
}

// Payees implements checkout.Provider.
func (p *Provider) Payees(account checkout.Account) ([]string, error) {
	settings, err := parseSettings(account.Settings)
	if err != nil {
		return nil, err
	}
	return settings.payees(), nil
}

// Budget implements checkout.Budgeted.
func (p *Provider) Budget(account checkout.Account) checkout.Budget {
	settings, err := parseSettings(account.Settings)
	if err != nil {
		return checkout.Budget{}
	}
	return checkout.Budget{PerSecond: settings.RequestsPerSecond, PerDay: settings.DailyAllowance}
}

// client is a client with a token for this account.
func (p *Provider) client(ctx context.Context, account checkout.Account) (client.Client, error) {
	settings, err := parseSettings(account.Settings)
	if err != nil {
		return client.Client{}, err
	}
	token, err := p.tokens.current(ctx, account, settings)
	if err != nil {
		return client.Client{}, err
	}
	api, err := p.routes.client(settings)
	api.Token = token
	return api, err
}
