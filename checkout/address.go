package checkout

import (
	"context"
	"slices"
	"strings"
)

// AddressKind is what a provider is given an address of ours for.
type AddressKind string

// The kinds of address.
const (
	CallbackAddress AddressKind = "callback" // where its server tells ours
	ReturnAddress   AddressKind = "return"   // where it sends the buyer back to
)

// AddressRegistrar is a provider with which a merchant registers addresses of
// ours beforehand. Those name the account instead of the payment: what is
// registered is just what each payment is sent with.
type AddressRegistrar interface {
	RegisteredAddresses() []AddressKind
}

// ReturnReader reads what a buyer's browser brings to a return address. Nothing
// of it is verified: it leads to a page, may be said there, and proves nothing.
type ReturnReader interface {
	ReadReturn(message Message) Return
}

// Return is what a buyer's browser says. Reference is ours of the payment that
// it comes back from; Declined is a reason key, when it says that the buyer's
// try was declined.
type Return struct {
	Reference string
	Declined  string
}

// Address is one to be registered with a provider.
type Address struct {
	Provider string
	Kind     AddressKind
	URL      string
}

// address is where a provider reaches us about a payment.
func (s *Service) address(kind AddressKind, payment Payment) string {
	if registrar, is := s.providers[payment.Provider].(AddressRegistrar); is && slices.Contains(registrar.RegisteredAddresses(), kind) {
		return s.addressOf(kind, payment.Provider, payment.AccountID)
	}
	return s.addressOf(kind, payment.Provider, payment.ID)
}

func (s *Service) addressOf(kind AddressKind, provider, id string) string {
	path := "/callbacks/"
	if kind == ReturnAddress {
		path = "/return/"
	}
	return s.baseURL + path + provider + "/" + id
}

// toRegister lists the addresses that a merchant registers, by the account ids
// of its providers, in the providers' order.
func (s *Service) toRegister(accounts map[string]string) (addresses []Address) {
	for _, provider := range s.order {
		registrar, is := s.providers[provider].(AddressRegistrar)
		account, has := accounts[provider]
		if !is || !has {
			continue
		}

		for _, kind := range registrar.RegisteredAddresses() {
			addresses = append(addresses, Address{Provider: provider, Kind: kind, URL: s.addressOf(kind, provider, account)})
		}
	}

	return addresses
}

// Returned finds the payment from which a buyer's browser has come back to a
// return address, whether or not what it brings is believed, and the reason key
// by which it says that the buyer's try was declined. id is the payment's or,
// where that is registered, the account's.
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
