package checkout

import (
	"context"
	"slices"
	"strings"
)

// Addresses are those of our own server, as buyers and providers see them. In each,
// {id} stands for an object's id and {provider} for a provider's name.
type Addresses struct {
	SessionPage string // {id}: a session's
	LinkPage    string // {id}: a payment link's

	// For messages of a provider's server, and for the buyer's return from the
	// provider's page.
	Callback, Return         string // {provider} and {id}: a payment's or an account's
	CardCallback, CardReturn string // {provider} and {id}: the session's during which a card is saved
}

// SessionURL returns the address of a session's page.
func (a Addresses) SessionURL(sessionID string) string {
	return fillAddress(a.SessionPage, "", sessionID)
}

// LinkURL returns the address of a payment link's page.
func (a Addresses) LinkURL(linkID string) string { return fillAddress(a.LinkPage, "", linkID) }

func (a Addresses) forProvider(kind AddressKind, provider, id string) string {
	if kind == ReturnAddress {
		return fillAddress(a.Return, provider, id)
	}
	return fillAddress(a.Callback, provider, id)
}

func fillAddress(address, provider, id string) string {
	return strings.ReplaceAll(strings.ReplaceAll(address, "{provider}", provider), "{id}", id)
}

// AddressKind is the purpose of an address that a provider gets from us.
type AddressKind string

// The kinds of address.
const (
	CallbackAddress AddressKind = "callback" // for messages of its server
	ReturnAddress   AddressKind = "return"   // for the buyer's return
)

// AddressRegistrar is a provider at which a merchant registers our addresses
// beforehand. They name the account instead of the payment: each payment is sent
// with exactly the registered address.
type AddressRegistrar interface {
	RegisteredAddresses() []AddressKind
}

// ReturnReader reads the parameters with which a buyer's browser comes to a return
// address. They are not verified: they select a page and its text, and prove nothing.
type ReturnReader interface {
	ReadReturn(message Message) Return
}

// Return is what a buyer's browser brought. Reference is our reference of the
// payment; Declined is a reason key if the provider declined the buyer's attempt.
type Return struct {
	Reference string
	Declined  string
}

// Address is an address to register at a provider.
type Address struct {
	Provider string
	Kind     AddressKind
	URL      string
}

// address returns the address of a kind for a payment.
func (s *Service) address(kind AddressKind, payment Payment) string {
	if registrar, is := s.providers[payment.Provider].(AddressRegistrar); is && slices.Contains(registrar.RegisteredAddresses(), kind) {
		return s.addresses.forProvider(kind, payment.Provider, payment.AccountID)
	}
	return s.addresses.forProvider(kind, payment.Provider, payment.ID)
}

// AddressesToRegister lists the addresses that a merchant must register, for the account ids
// of its providers, in the providers' order.
func (s *Service) AddressesToRegister(accounts map[string]string) (addresses []Address) {
	for _, provider := range s.order {
		registrar, is := s.providers[provider].(AddressRegistrar)
		account, has := accounts[provider]
		if !is || !has {
			continue
		}

		for _, kind := range registrar.RegisteredAddresses() {
			addresses = append(addresses, Address{Provider: provider, Kind: kind, URL: s.addresses.forProvider(kind, provider, account)})
		}
	}

	return addresses
}

// Returned finds the payment from which a buyer's browser came back to a return
// address, and the reason key if the provider declined the attempt; neither is
// verified. id is the payment's or, for a registered address, the account's.
func (s *Service) Returned(ctx context.Context, providerName, id string, message Message) (payment Payment, declined string, err error) {
	var said Return
	reader, can := s.providers[providerName].(ReturnReader)
	if can {
		said = reader.ReadReturn(message)
	}

	if strings.HasPrefix(id, paymentPrefix) {
		payment, err = s.store.Payment(ctx, id)
	} else if can {
		payment, err = s.store.PaymentByReference(ctx, id, said.Reference)
	} else {
		err = ErrNotFound
	}

	if err == nil && payment.Provider != providerName {
		err = ErrNotFound
	}

	return payment, said.Declined, err
}
