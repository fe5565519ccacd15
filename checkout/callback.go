package checkout

import (
	"context"
	"errors"
	"strings"
)

// ErrCallbackRefused is the one answer to every message that does not verify:
// why is only in the log.
var ErrCallbackRefused = &Error{Kind: Invalid, Code: "callback_refused", Detail: "The message was refused."}

// Callback takes a message from a provider's server, or from a buyer's browser
// on its way back. id is a payment's (pay_…) or an account's (acct_…) and only
// selects the account: which payment is meant is in the message itself. The
// reply is the body of the 200 answer.
func (s *Service) Callback(ctx context.Context, providerName, id string, message Message) (reply string, err error) {
	account, err := s.accountFor(ctx, id)
	if err != nil || account.Provider != providerName {
		return "", ErrCallbackRefused.Because(err)
	}
	reader, can := s.providers[providerName].(CallbackReader)
	if !can {
		return "", ErrCallbackRefused
	}
	callback, err := contained(s.logFor(ctx), providerName, func() (Callback, error) { return reader.ReadCallback(account, message) })
	if broken := (*PanicError)(nil); errors.As(err, &broken) {
		return "", err // the message is not known to be wrong: the provider may send it again
	}
	if err != nil {
		return "", ErrCallbackRefused.Because(err)
	}
	if callback.Refund != "" {
		return callback.Reply, s.hearRefund(ctx, id, callback.Refund)
	}
	payment, err := s.store.PaymentByReference(ctx, account.ID, callback.Reference)
	if errors.Is(err, ErrNotFound) {
		return "", ErrCallbackRefused.Because(err)
	}
	if err != nil {
		return "", err
	}
	ctx = context.WithoutCancel(ctx)
	if callback.Answer != nil {
		return callback.Reply, s.Apply(ctx, payment, *callback.Answer)
	}
	_, err = s.update(ctx, payment.SessionID, func(p *Purchase) error {
		if message.Return { // nobody has signed it
			p.Wake(payment.ID, s.now())
		} else {
			p.Reopen(payment.ID, s.now())
		}
		return nil
	})
	s.poke()
	return callback.Reply, err
}

func (s *Service) accountFor(ctx context.Context, id string) (Account, error) {
	if !strings.HasPrefix(id, paymentPrefix) {
		return s.store.Account(ctx, id)
	}
	payment, err := s.store.Payment(ctx, id)
	if err != nil {
		return Account{}, err
	}
	return s.store.Account(ctx, payment.AccountID)
}

// Payment loads one payment.
func (s *Service) Payment(ctx context.Context, id string) (Payment, error) {
	return s.store.Payment(ctx, id)
}
