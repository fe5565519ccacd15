// Package kess takes payments through the KESS gateway: by its hosted payment
// link, and by the QR code or deep link of each bank and wallet that the
// merchant has there, shown on our own page. Orders are learnt of by asking
// (queryOrder); KESS's callbacks and the buyer's return only wake a question.
// Card numbers never pass through here: cards go by the hosted link.
package kess

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"rieltime/checkout"
	"rieltime/providers"
	"rieltime/providers/kess/internal/client"
)

// Name is the provider's name, and the id of its hosted method.
const Name = "kess"

// Provider implements the ports of checkout with KESS.
type Provider struct {
	client *client.Client
	vault  checkout.Vault
	now    func() time.Time
	log    *slog.Logger

	methodsMu sync.Mutex
	methods   map[string]*methodList
}

var (
	_ checkout.Provider       = (*Provider)(nil)
	_ checkout.Querier        = (*Provider)(nil)
	_ checkout.CallbackReader = (*Provider)(nil)
	_ checkout.ReturnReader   = (*Provider)(nil)
	_ checkout.Closer         = (*Provider)(nil)
	_ checkout.Refunder       = (*Provider)(nil)
	_ checkout.AccountChecker = (*Provider)(nil)
	_ checkout.CardSaver      = (*Provider)(nil)
	_ checkout.ActionFiller   = (*Provider)(nil)
	_ checkout.OrderLister    = (*Provider)(nil)
)

// New returns the provider. The vault keeps its login tokens, so that replicas
// share them, and the tokens of customers' cards.
func New(o providers.Options) *Provider {
	o = o.WithDefaults()
	return &Provider{
		client:  client.New(o.Wire, o.Vault, o.Now, o.Log),
		vault:   o.Vault,
		now:     o.Now,
		log:     o.Log,
		methods: map[string]*methodList{},
	}
}

// Name implements checkout.Provider.
func (p *Provider) Name() string { return Name }

// Info implements checkout.Provider.
func (p *Provider) Info() checkout.ProviderInfo {
	return checkout.ProviderInfo{Name: "KESS", Icon: "wallet", Methods: []string{Name}, Reasons: reasons, Settings: settingFields}
}

// Call signs and sends one call of any service of the gateway, by its name on
// the wire ("webpay.acquire.queryOrder"), and returns the answer's data.
func (p *Provider) Call(ctx context.Context, account checkout.Account, service string, params map[string]any) (json.RawMessage, error) {
	_, access, err := gatewayAccount(account)
	if err != nil {
		return nil, err
	}
	var data json.RawMessage
	err = p.client.Call(ctx, access, service, params, &data)
	return data, err
}

// Payees is the seller.
func (p *Provider) Payees(account checkout.Account) ([]string, error) {
	_, access, err := gatewayAccount(account)
	return []string{access.SellerCode}, err
}
