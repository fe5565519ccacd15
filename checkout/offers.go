package checkout

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Offer is a method with the account that it would be paid to.
type Offer struct {
	Method
	Info    ProviderInfo // of its provider
	Failing bool         // the last attempts could not reach the provider
	Slow    bool         // its provider may not be asked for a while: a confirmation may take long
	account Account
}

// methodsTimeout bounds how long a page waits for a provider's list of methods.
const methodsTimeout = 3 * time.Second

// Offers lists what a buyer may choose for a purchase: what the merchant has
// set up, the amount allows and the session names, in the merchant's order.
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
	meters, err := s.store.Quotas(ctx, purchase.Session.MerchantID, purchase.Session.Mode)
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

		slow := s.slow(ctx, accounts[at], meters[accounts[at].ID])
		methods, err := Contained(s.LogFor(ctx), name, func() ([]Method, error) {
			return s.providers[name].Methods(ctx, accounts[at], purchase.Session.Amount)
		})
		if err != nil { // what came nevertheless can be offered
			s.LogFor(ctx).Warn("methods are not known", "provider", name, "merchant", purchase.Session.MerchantID, "error", err)
		}

		for _, method := range methods {
			if wanted := purchase.Session.PaymentMethods; len(wanted) > 0 && !allows(wanted, method) {
				continue
			}

			for _, way := range s.withSavedCard(ctx, accounts[at], purchase.Session.Customer.ID, method) {
				offers = append(offers, Offer{Method: way, Info: s.providers[name].Info(), Failing: sunk[accounts[at].ID], Slow: slow, account: accounts[at]})
			}
		}
	}

	preferred := purchase.Merchant.Methods
	slices.SortStableFunc(offers, func(a, b Offer) int { return rank(preferred, a) - rank(preferred, b) })
	return offers, nil
}

// slow reports whether an account's provider may not be asked for a while.
func (s *Service) slow(ctx context.Context, account Account, meter Quota) bool {
	if _, asked := s.providers[account.Provider].(Querier); !asked {
		return false
	}
	slow, _ := Contained(s.LogFor(ctx), account.Provider, func() (bool, error) {
		_, silent := s.SilenceOf(account, meter)
		return silent, nil
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
