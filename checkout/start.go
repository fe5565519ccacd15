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
	Failing bool // the last attempts could not reach the provider
	Slow    bool // its provider may not be asked for a while: a confirmation may take long
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
				offers = append(offers, Offer{Method: way, Failing: sunk[accounts[at].ID], Slow: slow, account: accounts[at]})
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

// StartParams is a buyer's choice.
type StartParams struct {
	Method   string
	Customer Customer // what the page asked for, over what the merchant gave
	Locale   string
	Device   Device
	SaveCard bool   // the buyer wants the card saved
	Holder   string // stands for the buyer's address; see Purchase
}

// StartPayment begins an attempt: the row first, then the provider's call,
// then its answer, which is recorded even when the buyer has gone. A refusal
// or a provider that cannot be reached leaves a failed attempt and no error, an
// answer that was lost one that is asked about: the page shows either.
func (s *Service) StartPayment(ctx context.Context, sessionID string, params StartParams) (Purchase, error) {
	purchase, offer, err := s.chosen(ctx, sessionID, params.Method)
	if err != nil {
		return Purchase{}, err
	}

	customer := purchase.Session.Customer.or(params.Customer)
	if offer.NeedsCustomer {
		if err := customer.check("", true); err != nil {
			return Purchase{}, err
		}
	}

	payment, err := s.newPayment(purchase.Session, offer)
	if err != nil {
		return Purchase{}, err
	}

	purchase, err = s.update(ctx, sessionID, func(p *Purchase) error {
		p.Holder = params.Holder
		return p.Start(payment, s.now())
	})
	if err != nil {
		return Purchase{}, err
	}

	payment = *purchase.Payment(payment.ID)
	s.signalDue() // attempts that this one replaced are closed at their providers
	return s.begin(context.WithoutCancel(ctx), purchase, offer, Start{
		Payment: payment, MerchantName: purchase.Merchant.Name, Description: purchase.Session.Description,
		Locale: params.Locale, Customer: customer, Device: params.Device,
		SaveCard:  params.SaveCard && offer.SavesCard,
		ReturnURL: s.address(ReturnAddress, payment), CallbackURL: s.address(CallbackAddress, payment),
	})
}

// chosen loads a session and finds what its buyer has chosen.
func (s *Service) chosen(ctx context.Context, sessionID, method string) (Purchase, Offer, error) {
	purchase, err := s.store.Purchase(ctx, sessionID)
	if err != nil {
		return Purchase{}, Offer{}, err
	}
	offer, err := s.choose(ctx, purchase, method)
	return purchase, offer, err
}

func (s *Service) choose(ctx context.Context, purchase Purchase, method string) (Offer, error) {
	if !purchase.Open(s.now()) {
		return Offer{}, purchase.closedErr()
	}

	offers, err := s.Offers(ctx, purchase)
	if err != nil {
		return Offer{}, err
	}

	at := slices.IndexFunc(offers, func(o Offer) bool { return o.ID == method && o.Unavailable == "" })
	if at < 0 {
		return Offer{}, ErrMethodUnavailable
	}

	return offers[at], nil
}

// newPayment makes the row of an attempt with what is expected of its money:
// settings that change later do not change that. Should this process end before
// the provider has answered, the attempt is asked about by its reference.
func (s *Service) newPayment(session Session, offer Offer) (Payment, error) {
	provider := s.providers[offer.Provider]
	payees, err := Contained(s.log, offer.Provider, func() ([]string, error) { return provider.Payees(offer.account) })
	if err != nil {
		return Payment{}, err
	}

	now := s.now()
	payment := Payment{
		ID: newID(paymentPrefix), SessionID: session.ID, MerchantID: session.MerchantID, Mode: session.Mode,
		Provider: offer.Provider, Method: offer.ID, AccountID: offer.account.ID, SettingsVersion: offer.account.SettingsVersion, Reference: NewReference(),
		Amount: session.Amount, Payees: payees, Status: PaymentCreated, CreatedAt: now, ExpiresAt: session.ExpiresAt,
	}
	if _, queried := provider.(Querier); queried {
		payment.NextCheckAt = now.Add(startedWithin)
	}

	return payment, nil
}

// unreachable is the failure code of an attempt whose provider could not be
// reached.
const unreachable = "unreachable"

func (s *Service) begin(ctx context.Context, purchase Purchase, offer Offer, start Start) (Purchase, error) {
	ctx, cancel := context.WithTimeout(ctx, CallTimeout)
	defer cancel()

	provider := s.providers[offer.Provider]
	begun := s.now()
	calling, span := StartSpan(ctx, "start payment", start.Payment)
	created, err := Contained(s.LogFor(ctx), offer.Provider, func() (Created, error) {
		return provider.CreatePayment(calling, offer.account, start)
	})
	EndSpan(span, outcomeOf(err, "started"))
	s.observeStart(offer.Provider, err, s.now().Sub(begun))
	if err != nil {
		s.LogFor(ctx).Warn("payment not started", "provider", offer.Provider, "payment", start.Payment.ID, "session", ShortSession(start.Payment.SessionID), "error", err)
	}

	return s.update(context.WithoutCancel(ctx), start.Payment.SessionID, func(p *Purchase) error {
		if p.Payment(start.Payment.ID) == nil {
			return errors.New("the payment's row is missing")
		}
		p.hearStart(start.Payment.ID, provider, created, err, s.now())
		return nil
	})
}

// hearStart records what came of an attempt's start. Only a definite no, or
// the certainty that nothing reached the provider, fails the attempt.
func (p *Purchase) hearStart(id string, provider Provider, created Created, err error, now time.Time) {
	_, queried := provider.(Querier)
	refused, definite := AsRefused(err)
	switch {
	case err == nil:
		p.RecordCreated(id, created, queried, now)
	case definite:
		p.RecordRefused(id, orElse(refused.Buyer, "refused"), refused.Reason, now)
	case IsNotStarted(err):
		p.RecordRefused(id, unreachable, "", now)
	default:
		p.MarkLost(id, created, queried, now)
	}
}

// NextAction is a payment's next action as its buyer needs it now.
func (s *Service) NextAction(ctx context.Context, payment Payment) (NextAction, error) {
	filler, fills := s.providers[payment.Provider].(ActionFiller)
	if !fills || payment.NextAction.Kind == ActionNone {
		return payment.NextAction, nil
	}

	account, err := s.store.Account(ctx, payment.AccountID)
	if err != nil {
		return NextAction{}, err
	}

	return Contained(s.LogFor(ctx), payment.Provider, func() (NextAction, error) {
		return filler.FillAction(ctx, account, payment)
	})
}

// or fills what c lacks from other, but the id: a page cannot know whose it is.
func (c Customer) or(other Customer) Customer {
	return Customer{ID: c.ID, Name: orElse(c.Name, other.Name), Email: orElse(c.Email, other.Email), Phone: orElse(c.Phone, other.Phone)}
}
