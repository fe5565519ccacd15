package checkout

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Refund gives money back through the provider, or records a refund made by
// hand. Its row is stored before the provider is called; without an answer it
// stays pending and is queried later (CheckRefund).
func (s *Service) Refund(ctx context.Context, merchantID string, mode Mode, params RefundParams) (Refund, error) {
	if err := params.check(); err != nil {
		return Refund{}, err
	}

	payment, err := s.store.Payment(ctx, params.Payment)
	if err != nil || payment.MerchantID != merchantID || payment.Mode != mode {
		return Refund{}, asPaymentInvalid(err)
	}

	if payment.Proof == nil || payment.TransactionLost {
		return Refund{}, ErrPaymentNotSucceeded
	}

	var refunder Refunder
	var account Account
	if params.ByHand == nil {
		if refunder, account, err = s.refunderOf(ctx, payment); err != nil {
			return Refund{}, err
		}
	}

	id := idempotentID(ctx, refundPrefix)
	isNew := false
	purchase, err := s.update(ctx, payment.SessionID, func(p *Purchase) error {
		isNew = p.Refund(id) == nil
		return p.RequestRefund(id, params, s.now())
	})
	if err != nil {
		return Refund{}, err
	}

	refund := *purchase.Refund(id)
	if refund.Status != RefundPending || !isNew {
		return refund, nil
	}

	return s.sendRefund(context.WithoutCancel(ctx), refunder, account, *purchase.Payment(payment.ID), refund)
}

// sendRefund calls the provider for a refund whose row is stored, and records the
// answer.
func (s *Service) sendRefund(ctx context.Context, refunder Refunder, account Account, payment Payment, refund Refund) (Refund, error) {
	ctx, cancel := context.WithTimeout(ctx, CallTimeout)
	defer cancel()

	calling, span := StartSpan(ctx, "refund", payment)
	answer, err := Contained(s.LogFor(ctx), payment.Provider, func() (RefundAnswer, error) {
		return refunder.Refund(calling, account, payment, s.refundOrder(refund))
	})
	EndSpan(span, outcomeOf(err, "answered"))
	if s.logRefund(ctx, refund, err); err != nil {
		answer = RefundAnswer{}
	}

	return s.changeRefund(ctx, refund, func(p *Purchase) {
		if _, refused := AsRefused(err); refused {
			p.RecordRefundRefused(refund.ID, s.now())
			return
		}
		p.RecordRefundAnswer(refund.ID, answer, s.now())
	})
}

// refunderOf returns the provider that can refund a payment, with its account;
// ErrRefundByHandOnly when the provider or the payment's method cannot.
func (s *Service) refunderOf(ctx context.Context, payment Payment) (Refunder, Account, error) {
	refunder, can := s.providers[payment.Provider].(Refunder)
	if !can || !refunder.CanRefund(payment) {
		return nil, Account{}, ErrRefundByHandOnly
	}
	account, err := s.store.Account(ctx, payment.AccountID)
	return refunder, account, err
}

func asPaymentInvalid(err error) error {
	if err == nil || errors.Is(err, ErrNotFound) {
		return errRefundPayment
	}
	return err
}

func (s *Service) refundOrder(r Refund) RefundOrder {
	return RefundOrder{
		Reference: r.Reference, Amount: r.Amount, Reason: r.Reason, CallbackURL: s.addresses.forProvider(CallbackAddress, r.Provider, r.PaymentID),
	}
}

// wakeRefund makes the query about a refund due at once, because a message of the
// provider names it. The query follows after the reply to the message.
func (s *Service) wakeRefund(ctx context.Context, paymentID, reference string) error {
	payment, err := s.store.Payment(ctx, paymentID)
	if err != nil {
		return ErrCallbackRefused.WithCause(err)
	}

	purchase, err := s.store.Purchase(ctx, payment.SessionID)
	if err != nil {
		return err
	}

	at := slices.IndexFunc(purchase.Refunds, func(r Refund) bool { return r.PaymentID == paymentID && r.Reference == reference })
	if at < 0 {
		return ErrCallbackRefused
	}
	if refund := purchase.Refunds[at]; refund.queryable() {
		return s.store.WakeRefund(context.WithoutCancel(ctx), refund)
	}

	return nil
}

// CheckRefund queries the provider about a refund, and returns after how long to
// query again; 0 when no more query is needed. An error of the provider, a
// refusal to answer included, says nothing about the refund.
func (s *Service) CheckRefund(ctx context.Context, sessionID, refundID string) (again time.Duration, err error) {
	purchase, err := s.store.Purchase(ctx, sessionID)
	if err != nil {
		return 0, err
	}

	refund := purchase.Refund(refundID)
	if refund == nil || !refund.queryable() {
		return 0, nil
	}

	payment := purchase.Payment(refund.PaymentID)
	provider, account, err := s.providerOf(ctx, *payment)
	if err != nil {
		return 0, err
	}

	refunder, can := provider.(Refunder)
	if !can {
		return 0, ErrRefundByHandOnly
	}

	calling, cancel := context.WithTimeout(ctx, CallTimeout)
	defer cancel()

	calling, span := StartSpan(calling, "ask about refund", *payment)
	answer, failure := Contained(s.LogFor(ctx), payment.Provider, func() (RefundAnswer, error) {
		return refunder.QueryRefund(calling, account, *payment, s.refundOrder(*refund))
	})
	EndSpan(span, outcomeOf(failure, "answered"))
	if s.logRefund(ctx, *refund, failure); failure != nil {
		answer = RefundAnswer{}
	}

	after, err := s.changeRefund(ctx, *refund, func(p *Purchase) { p.RecordRefundAnswer(refund.ID, answer, s.now()) })
	if err != nil || (after.Status != RefundPending && answer.Verdict != VerdictUnknown) {
		return 0, err
	}

	return after.NextQueryAfter(s.now()), nil
}

func (s *Service) logRefund(ctx context.Context, refund Refund, failure error) {
	if failure != nil {
		s.LogFor(ctx).Warn("refund not answered", "refund", refund.ID, "payment", refund.PaymentID, "provider", refund.Provider, "error", failure)
	}
}

// changeRefund records an answer about a refund, also when the caller's context
// has ended.
func (s *Service) changeRefund(ctx context.Context, refund Refund, change func(*Purchase)) (Refund, error) {
	purchase, err := s.update(context.WithoutCancel(ctx), refund.SessionID, func(p *Purchase) error {
		change(p)
		return nil
	})
	if err != nil {
		return refund, err
	}
	return *purchase.Refund(refund.ID), nil
}
