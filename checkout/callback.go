package checkout

import (
	"context"
	"errors"
	"strings"
)

// ErrCallbackRefused is the one answer to every message that does not verify:
// why is only in the log.
var ErrCallbackRefused = &Error{Kind: KindInvalid, Code: "callback_refused", Detail: "The message was refused."}

// Callback takes a message from a provider's server, or from a buyer's browser
// on its way back. id is a payment's (pay_…) or an account's (acct_…) and only
// selects the account: which payment is meant is in the message itself. The
// reply is what the provider's server is answered.
func (s *Service) Callback(ctx context.Context, providerName, id string, message Message) (reply string, err error) {
	account, err := s.accountFor(ctx, id)
	if err != nil || account.Provider != providerName {
		return "", ErrCallbackRefused.WithCause(err)
	}

	reader, can := s.providers[providerName].(CallbackReader)
	if !can {
		return "", ErrCallbackRefused
	}

	account, callback, err := s.readCallback(ctx, reader, account, message)
	if err != nil {
		return "", err
	}
	if callback.Refund != "" {
		return callback.Reply, s.wakeRefund(ctx, id, callback.Refund)
	}

	payment, err := s.store.PaymentByReference(ctx, account.ID, callback.Reference)
	if errors.Is(err, ErrNotFound) {
		return "", ErrCallbackRefused.WithCause(err)
	}
	if err != nil {
		return "", err
	}
	if payment.SettingsVersion > account.SettingsVersion {
		return "", ErrCallbackRefused.WithCause(errors.New("the message is signed by settings that were replaced before the payment was made"))
	}

	ctx = context.WithoutCancel(ctx)
	if callback.Answer != nil && callback.Answer.Verdict == VerdictUnknown {
		return callback.Reply, s.reviewUnreadable(ctx, payment, *callback.Answer)
	}
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

	s.signalDue()
	return callback.Reply, err
}

// reviewUnreadable puts a payment under review after a genuine message about it whose
// content cannot be understood.
func (s *Service) reviewUnreadable(ctx context.Context, payment Payment, answer Answer) error {
	s.LogFor(ctx).Error("a genuine message cannot be understood", "payment", payment.ID, "reason", answer.Reason, "cause", answer.Cause)
	_, err := s.update(ctx, payment.SessionID, func(p *Purchase) error {
		p.ReviewUnreadable(payment.ID, answer.Reason, s.now())
		return nil
	})
	return err
}

// earlierTried bounds the replaced settings by which a message is tried.
const earlierTried = 10

// readCallback reads a message by an account's settings or, when it does not
// verify by those, by settings that it had before: what is expected of a payment
// in flight does not change with the merchant's keys. It returns the account
// with the settings that fit.
func (s *Service) readCallback(ctx context.Context, reader CallbackReader, account Account, message Message) (Account, Callback, error) {
	read := func(account Account) (Callback, error) {
		return Contained(s.LogFor(ctx), account.Provider, func() (Callback, error) { return reader.ReadCallback(account, message) })
	}
	callback, err := read(account)
	if broken := (*PanicError)(nil); err == nil || errors.As(err, &broken) {
		return account, callback, err // after a panic the message is not known to be wrong: the provider may send it again
	}

	earlier, failed := s.store.EarlierSettings(ctx, account, earlierTried)
	if failed != nil {
		return account, Callback{}, failed
	}

	for _, before := range earlier {
		if callback, failed := read(before); failed == nil {
			return before, callback, nil
		}
	}

	return account, Callback{}, ErrCallbackRefused.WithCause(err)
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
