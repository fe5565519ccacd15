package checkout

import (
	"context"
	"errors"
)

// CardSaver is a provider that can save a customer's card, which is entered on the
// provider's page, for later payments.
type CardSaver interface {
	// SavedCard returns the method that pays with the customer's card; ErrNotFound
	// when none is saved.
	SavedCard(ctx context.Context, account Account, customerID string) (Method, error)

	// SaveCard returns the address of the provider's page where the buyer enters
	// the card.
	SaveCard(ctx context.Context, account Account, saving CardSaving) (page string, err error)

	// TakeCard verifies a message that the provider's server sent to CallbackURL
	// and stores its card. An error means that the message is refused.
	TakeCard(ctx context.Context, account Account, customerID string, message Message) (reply string, err error)

	// RemoveCard deletes the customer's card.
	RemoveCard(ctx context.Context, account Account, customerID string) error
}

// CardSaving is what a provider needs to save a card.
type CardSaving struct {
	CustomerID  string
	ReturnURL   string // where the provider sends the buyer back to us
	CallbackURL string // where the provider's server sends the saved card
}

// SaveCard starts saving a card without a payment, and returns the address of the
// provider's page where the buyer enters it.
func (s *Service) SaveCard(ctx context.Context, sessionID, method string) (page string, purchase Purchase, err error) {
	purchase, offer, err := s.chosen(ctx, sessionID, method, "")
	if err != nil {
		return "", Purchase{}, err
	}

	saver, can := s.providers[offer.Provider].(CardSaver)
	if !can || !offer.SavesCard {
		return "", Purchase{}, ErrMethodUnavailable
	}

	saving := CardSaving{
		CustomerID: purchase.Session.Customer.ID,
		ReturnURL:  fillAddress(s.addresses.CardReturn, offer.Provider, sessionID), CallbackURL: fillAddress(s.addresses.CardCallback, offer.Provider, sessionID),
	}

	page, err = Contained(s.LogFor(ctx), offer.Provider, func() (string, error) { return saver.SaveCard(ctx, offer.account, saving) })
	if err != nil {
		return "", Purchase{}, ErrMethodUnavailable.WithCause(err)
	}

	return page, purchase, nil
}

// RemoveCard deletes the saved card that a method pays with.
func (s *Service) RemoveCard(ctx context.Context, sessionID, method string) error {
	purchase, offer, err := s.chosen(ctx, sessionID, method, "")
	if err != nil {
		return err
	}

	saver, can := s.providers[offer.Provider].(CardSaver)
	if !can || offer.CardEnding == "" {
		return ErrMethodUnavailable
	}
	if err := saver.RemoveCard(ctx, offer.account, purchase.Session.Customer.ID); err != nil {
		return err
	}

	return s.showChange(ctx, sessionID)
}

// TakeCard handles a provider's message about a card that was saved from a session's
// page. reply is what the provider's server is answered.
func (s *Service) TakeCard(ctx context.Context, providerName, sessionID string, message Message) (reply string, err error) {
	purchase, err := s.store.Purchase(ctx, sessionID)
	if err != nil {
		return "", ErrCallbackRefused.WithCause(err)
	}

	saver, can := s.providers[providerName].(CardSaver)
	account, err := s.accountAt(ctx, purchase.Session, providerName)
	if err != nil || !can || purchase.Session.Customer.ID == "" {
		return "", ErrCallbackRefused.WithCause(err)
	}

	ctx = context.WithoutCancel(ctx)
	reply, err = Contained(s.LogFor(ctx), providerName, func() (string, error) {
		return saver.TakeCard(ctx, account, purchase.Session.Customer.ID, message)
	})
	if broken := (*PanicError)(nil); errors.As(err, &broken) {
		return "", err // the message may be valid: the provider may retry it
	}
	if err != nil {
		return "", ErrCallbackRefused.WithCause(err)
	}

	return reply, s.showChange(ctx, sessionID)
}

func (s *Service) accountAt(ctx context.Context, session Session, provider string) (Account, error) {
	accounts, err := s.store.Accounts(ctx, session.MerchantID, session.Mode)
	if err != nil {
		return Account{}, err
	}
	for _, account := range accounts {
		if account.Provider == provider {
			return account, nil
		}
	}
	return Account{}, ErrNotFound
}

func (s *Service) showChange(ctx context.Context, sessionID string) error {
	_, err := s.update(ctx, sessionID, func(p *Purchase) error {
		p.touch()
		return nil
	})
	return err
}
