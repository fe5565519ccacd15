// Package bayopay takes card payments through BayoPay. The buyer's browser
// posts a hashed form to BayoPay's page; the result comes back twice, by the
// browser to the return address and by BayoPay's server to the callback
// address, each with a hash over what was paid. There is no query: a result
// whose hash is right is the proof.
package bayopay

import (
	"context"
	"errors"
	"regexp"
	"slices"

	"rieltime/checkout"
	"rieltime/providers"
	"rieltime/providers/bayopay/internal/client"
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

// Info fills checkout.Provider.
func (p *Provider) Info() checkout.ProviderInfo {
	return checkout.ProviderInfo{Name: "BayoPay", Icon: "card", Methods: []string{Name}, Reasons: reasons, Settings: settingFields}
}

// RegisteredAddresses fills checkout.AddressRegistrar: both "must be registered
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

// CreatePayment makes the form that the buyer's browser posts ("Request
// Parameters"). Nobody is called, so that with any error nothing is started.
func (p *Provider) CreatePayment(_ context.Context, account checkout.Account, start checkout.Start) (checkout.Created, error) {
	s, err := parseSettings(account.Settings)
	if err != nil {
		return checkout.Created{}, checkout.NotStarted(err)
	}
	if err := checkStart(s, start.Payment); err != nil {
		return checkout.Created{}, checkout.NotStarted(err)
	}

	buyer, err := buyerOf(start.Customer)
	if err != nil {
		return checkout.Created{}, checkout.NotStarted(err)
	}

	return checkout.Created{
		NextAction: checkout.NextAction{
			Kind: checkout.ActionFormPost, URL: s.GatewayURL, Fields: fieldsOf(s, start, buyer),
		},
	}, nil
}

// orderIDForm is the form of checkout.NewReference. It keeps the hashes
// unambiguous, which join their parts without separators: the length is fixed,
// and an id does not end in a digit that could belong to the amount.
var orderIDForm = regexp.MustCompile(`^[A-Za-z0-9]{19}[A-Za-z]$`)

func checkStart(s Settings, payment checkout.Payment) error {
	if !orderIDForm.MatchString(payment.Reference) {
		return errors.New("bayopay: the reference must be 20 letters and digits, the last one a letter")
	}
	if !slices.Contains(s.Currencies, payment.Amount.Currency) {
		return refuse("BP00007", "")
	}

	missed, err := s.limits(payment.Amount)
	switch {
	case err != nil:
		return err
	case missed < 0:
		return refuse("BP00008", " It must be more than "+s.MoreThan+".")
	case missed > 0:
		return refuse("BP00009", " It must be less than "+s.LessThan+".")
	}

	return nil
}

// refuse gives BayoPay's own code for what it would refuse.
func refuse(code, detail string) error {
	fault := faultOf(code)
	return &checkout.Refused{Code: code, Reason: fault.Merchant + detail, Buyer: fault.Buyer}
}

func fieldsOf(s Settings, start checkout.Start, buyer checkout.Customer) []checkout.FormField {
	payment := start.Payment
	amount, currency := payment.Amount.Fixed2(), string(payment.Amount.Currency)
	request := client.Request{NiagaID: s.NiagaID, Currency: currency, OrderID: payment.Reference, Amount: amount}
	return []checkout.FormField{
		{Name: "bayo_niagaid", Value: s.NiagaID},
		{Name: "bayo_channel", Value: s.Channel},
		{Name: "bayo_currency", Value: currency},
		{Name: "bayo_orderid", Value: payment.Reference},
		{Name: "bayo_amount", Value: amount},
		{Name: "bayo_name", Value: buyer.Name},
		{Name: "bayo_email", Value: buyer.Email},
		{Name: "bayo_mobile", Value: buyer.Phone},
		{Name: "bayo_description", Value: description(start)},
		{Name: "bayo_returnurl", Value: start.ReturnURL},
		{Name: "bayo_callbackurl", Value: start.CallbackURL},
		{Name: "bayo_reqhash", Value: request.Hash(s.NiagaKey.Reveal())},
	}
}
