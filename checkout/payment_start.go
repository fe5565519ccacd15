package checkout

import (
	"cmp"
	"context"
	"errors"
	"time"
)

// StartParams is a buyer's choice.
type StartParams struct {
	Method   string
	Currency Currency // what to pay in; empty: the price's
	Customer Customer // what the page asked for, over what the merchant gave
	Locale   string   // the buyer's own choice; empty: the session's
	Accepts  string   // the browser's language, when the session has none either
	Device   Device
	SaveCard bool   // the buyer wants the card saved
	Holder   string // stands for the buyer's address; see Purchase
}

// StartPayment begins an attempt: the row first, then the provider's call,
// then its answer, which is recorded even when the buyer has gone. Where nothing
// starts at the provider before the buyer pays (ProviderInfo.StartsWithBuyer), row
// and answer are one change after the call. A refusal or a provider that cannot be
// reached leaves a failed attempt and no error, an answer that was lost one that is
// asked about: the page shows either.
func (s *Service) StartPayment(ctx context.Context, sessionID string, params StartParams) (Purchase, error) {
	purchase, offer, err := s.chosen(ctx, sessionID, params.Method, params.Currency)
	if err != nil {
		return Purchase{}, err
	}

	session := purchase.Session
	customer := session.Customer.or(params.Customer)
	if offer.NeedsCustomer {
		if err := customer.check("", true); err != nil {
			return Purchase{}, err
		}
	}

	payment, err := s.newPayment(session, offer)
	if err != nil {
		return Purchase{}, err
	}

	start := Start{
		Payment: payment, MerchantName: purchase.Merchant.Name, Description: session.Description,
		Locale:   cmp.Or(params.Locale, session.BuyerLocale, session.Locale, params.Accepts),
		Customer: customer, Device: params.Device,
		SaveCard:  params.SaveCard && offer.SavesCard,
		ReturnURL: s.address(ReturnAddress, payment), CallbackURL: s.address(CallbackAddress, payment),
	}
	store := func(p *Purchase) error {
		p.Holder = params.Holder
		return p.Start(payment, s.now())
	}

	going := context.WithoutCancel(ctx)
	if s.providers[offer.Provider].Info().StartsWithBuyer {
		started := purchase // as it will be stored
		if err := store(&started); err != nil {
			return Purchase{}, err
		}
		start.Payment = *started.Payment(payment.ID)
		purchase, err = s.updateFrom(going, purchase, inTurn(store, s.create(going, offer, start)))
		s.signalReplaced(purchase)
		return purchase, err
	}

	if purchase, err = s.update(ctx, sessionID, store); err != nil {
		return Purchase{}, err
	}
	s.signalReplaced(purchase)
	start.Payment = *purchase.Payment(payment.ID)
	return s.update(going, sessionID, s.create(going, offer, start))
}

// signalReplaced announces that the attempts before a purchase's latest are due to be
// closed at their providers.
func (s *Service) signalReplaced(p Purchase) {
	if len(p.Payments) > 1 {
		s.signalDue()
	}
}

// inTurn is a change of two, the second after the first.
func inTurn(first, second func(*Purchase) error) func(*Purchase) error {
	return func(p *Purchase) error {
		if err := first(p); err != nil {
			return err
		}
		return second(p)
	}
}

// chosen loads a session that can still be paid and finds what its buyer chose.
func (s *Service) chosen(ctx context.Context, sessionID, method string, currency Currency) (Purchase, Offer, error) {
	purchase, err := s.store.Purchase(ctx, sessionID)
	if err != nil {
		return Purchase{}, Offer{}, err
	}
	if !purchase.Open(s.now()) {
		return Purchase{}, Offer{}, purchase.closedErr()
	}

	offer, err := s.offer(ctx, purchase.Session, method, currency)
	return purchase, offer, err
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
		ID: NewID(paymentPrefix), SessionID: session.ID, MerchantID: session.MerchantID, Mode: session.Mode,
		Provider: offer.Provider, Method: offer.ID, AccountID: offer.account.ID, SettingsVersion: offer.account.SettingsVersion, Reference: NewReference(),
		Amount: offer.Amount, Rate: offer.Rate, Payees: payees, Status: PaymentCreated, CreatedAt: now, ExpiresAt: session.ExpiresAt,
	}
	if _, queried := provider.(Querier); queried {
		payment.NextCheckAt = now.Add(startedWithin)
	}

	return payment, nil
}

// unreachable is the failure code of an attempt whose provider could not be
// reached.
const unreachable = "unreachable"

// create has the provider start an attempt and returns what records the result.
func (s *Service) create(ctx context.Context, offer Offer, start Start) (record func(*Purchase) error) {
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

	return func(p *Purchase) error {
		if p.Payment(start.Payment.ID) == nil {
			return errors.New("the payment's row is missing")
		}
		p.recordStart(start.Payment.ID, provider, created, err, s.now())
		return nil
	}
}

// recordStart records the result of starting an attempt. Only a definite refusal,
// or the certainty that nothing reached the provider, fails the attempt.
func (p *Purchase) recordStart(id string, provider Provider, created Created, err error, now time.Time) {
	_, queried := provider.(Querier)
	refused, definite := AsRefused(err)
	switch {
	case err == nil:
		p.RecordCreated(id, created, queried, now)
	case definite:
		p.RecordRefused(id, cmp.Or(refused.Buyer, "refused"), refused.Reason, now)
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
	return Customer{ID: c.ID, Name: cmp.Or(c.Name, other.Name), Email: cmp.Or(c.Email, other.Email), Phone: cmp.Or(c.Phone, other.Phone)}
}
