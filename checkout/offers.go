package checkout

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Offer is a method with the account that it would be paid to and the amount.
type Offer struct {
	Method
	Amount  Money
	Rate    RateValue    // of the amount; empty: it is the price
	Info    ProviderInfo // of its provider
	Failing bool         // the last attempts could not reach the provider
	Slow    bool         // its provider may not be asked for a while: a confirmation may take long
	account Account
}

// methodsTimeout bounds how long a page waits for a provider's list of methods.
const methodsTimeout = 3 * time.Second

// Offers lists what a buyer may choose for a purchase: what the merchant has
// set up, an amount that is payable allows and the session names, in the merchant's
// order: a method for each currency that it can be paid in.
// What keeps failing, or cannot be confirmed soon, comes last.
func (s *Service) Offers(ctx context.Context, purchase Purchase) ([]Offer, error) {
	accounts, err := s.store.Accounts(ctx, purchase.Session.MerchantID, purchase.Session.Mode)
	if err != nil {
		return nil, err
	}

	recent, err := s.store.RecentAttempts(ctx, purchase.Session.MerchantID, purchase.Session.Mode, s.now().Add(-sinkWindow), recentAttempts)
	if err != nil {
		return nil, err
	}

	sunk := failing(recent)
	usages, err := s.store.QueryUsage(ctx, purchase.Session.MerchantID, purchase.Session.Mode)
	if err != nil {
		return nil, err
	}

	ctx, cancel := context.WithTimeout(ctx, methodsTimeout)
	defer cancel()

	var offers []Offer
	for _, name := range s.order {
		at := slices.IndexFunc(accounts, func(a Account) bool { return a.Provider == name })
		if at < 0 {
			continue
		}

		account := accounts[at]
		slow := s.slow(ctx, account, usages[account.ID])
		for _, offer := range s.offersOf(ctx, purchase.Session, account, purchase.Session.Payable()) {
			offer.Failing, offer.Slow = sunk[account.ID], slow
			offers = append(offers, offer)
		}
	}

	preferred := purchase.Merchant.Methods
	slices.SortStableFunc(offers, func(a, b Offer) int { return rank(preferred, a) - rank(preferred, b) })
	return offers, nil
}

// offer returns the offer that a buyer chose by its method's id and a currency. It asks
// that method's provider alone.
func (s *Service) offer(ctx context.Context, session Session, method string, currency Currency) (Offer, error) {
	amount, _, can := session.In(currency)
	if !can {
		return Offer{}, ErrMethodUnavailable
	}
	account, err := s.accountAt(ctx, session, s.providerOfMethod(method))
	if errors.Is(err, ErrNotFound) {
		return Offer{}, ErrMethodUnavailable
	}
	if err != nil {
		return Offer{}, err
	}

	ctx, cancel := context.WithTimeout(ctx, methodsTimeout)
	defer cancel()

	for _, offer := range s.offersOf(ctx, session, account, []Money{amount}) {
		if offer.ID == method && offer.Unavailable == "" {
			return offer, nil
		}
	}

	return Offer{}, ErrMethodUnavailable
}

// offersOf lists what one account offers for a session's amounts, in its provider's order.
func (s *Service) offersOf(ctx context.Context, session Session, account Account, amounts []Money) (offers []Offer) {
	for _, amount := range amounts {
		offers = append(offers, s.offersFor(ctx, session, account, amount)...)
	}
	return offers
}

func (s *Service) offersFor(ctx context.Context, session Session, account Account, amount Money) (offers []Offer) {
	provider := s.providers[account.Provider]
	methods, err := Contained(s.LogFor(ctx), account.Provider, func() ([]Method, error) {
		return provider.Methods(ctx, account, amount)
	})
	if err != nil { // what came nevertheless can be offered
		s.LogFor(ctx).Warn("list methods failed", "provider", account.Provider, "merchant", session.MerchantID, "error", err)
	}

	_, rate, _ := session.In(amount.Currency)
	for _, method := range methods {
		if wanted := session.PaymentMethods; len(wanted) > 0 && !allows(wanted, method) {
			continue
		}
		for _, choice := range s.withSavedCard(ctx, account, session.Customer.ID, method) {
			offers = append(offers, Offer{Method: choice, Amount: amount, Rate: rate, Info: provider.Info(), account: account})
		}
	}

	return offers
}

// slow reports whether an account's payments cannot be confirmed for a while.
func (s *Service) slow(ctx context.Context, account Account, usage QueryUsage) bool {
	if _, queryable := s.providers[account.Provider].(Querier); !queryable {
		return false
	}
	slow, _ := Contained(s.LogFor(ctx), account.Provider, func() (bool, error) {
		_, delayed := s.ConfirmationDelay(account, usage)
		return delayed, nil
	})
	return slow
}

// allows matches a method by its id, or by its provider's name for all of that
// provider's methods.
func allows(wanted []string, method Method) bool {
	return slices.Contains(wanted, method.ID) || slices.Contains(wanted, method.Provider)
}

func rank(preferred []string, offer Offer) int {
	place := len(preferred)
	if at := slices.IndexFunc(preferred, func(id string) bool { return id == offer.ID || id == offer.Provider }); at >= 0 {
		place = at
	}
	if offer.Failing || offer.Slow {
		place += len(preferred) + 1
	}
	return place
}

// withSavedCard puts the way to pay with the customer's saved card in front of
// the method that it was saved by.
func (s *Service) withSavedCard(ctx context.Context, account Account, customerID string, method Method) []Method {
	saver, can := s.providers[account.Provider].(CardSaver)
	if !method.SavesCard || customerID == "" || !can {
		method.SavesCard = false
		return []Method{method}
	}

	saved, err := Contained(s.LogFor(ctx), account.Provider, func() (Method, error) { return saver.SavedCard(ctx, account, customerID) })
	if err != nil {
		if !errors.Is(err, ErrNotFound) {
			s.LogFor(ctx).Warn("saved card not read", "account", account.ID, "error", err)
		}
		return []Method{method}
	}

	return []Method{saved, method}
}
