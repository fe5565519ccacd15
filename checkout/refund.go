package checkout

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"
)

// RefundStatus is where a refund stands: pending → succeeded | failed.
type RefundStatus string

// The statuses of a refund.
const (
	RefundPending   RefundStatus = "pending"
	RefundSucceeded RefundStatus = "succeeded"
	RefundFailed    RefundStatus = "failed"
)

// Refund is money of one payment given back: by the provider, or by hand.
type Refund struct {
	ID            string
	PaymentID     string
	SessionID     string
	MerchantID    string
	Mode          Mode
	Provider      string // who gives the money back; ByHandProvider
	Reference     string // ours at the provider; empty when made by hand
	Amount        Money
	Reason        string
	ByHand        *ByHand // nil when the provider gives it back
	Status        RefundStatus
	TransactionID string // the provider's
	FailureCode   string
	Raw           json.RawMessage // the provider's last answer, for disputes
	AskedBy       string          // the API key's id
	CreatedAt     time.Time
	ClosedAt      time.Time // when it succeeded or failed; zero before
}

// ByHand says who gave the money back outside of any provider, and how.
type ByHand struct {
	By   string `json:"by"`
	Note string `json:"note,omitempty"`
}

const refundPrefix = "re_"

// ByHandProvider stands for the provider of refunds made by hand.
const ByHandProvider = "manual"

// RefundParams is a merchant's request for a refund, as text.
type RefundParams struct {
	Payment string
	Amount  string // empty: all that is left
	Reason  string
	ByHand  *ByHand
	AskedBy string // the API key's id
}

// RefundQuery selects refunds of one merchant and mode; empty fields select
// all.
type RefundQuery struct {
	ListPart
	Created   CreatedRange
	PaymentID string
	SessionID string
}

// The errors of refunds.
var (
	ErrPaymentNotSucceeded = &Error{Kind: Conflict, Code: "payment_not_succeeded", Param: "payment", Detail: "There is no money of this payment to give back."}
	ErrRefundTooLarge      = &Error{Kind: Conflict, Code: "refund_too_large", Param: "amount", Detail: "This is more than is left of the payment."}
	ErrRefundByHandOnly    = &Error{Kind: Conflict, Code: "refund_by_hand_only", Param: "by_hand", Detail: "The provider cannot give this money back: do it yourself and send by_hand."}
	errRefundPayment       = &Error{Kind: Invalid, Code: "payment_invalid", Param: "payment", Detail: "payment must be the id of a payment of yours."}
)

// Bounds of a refund's texts.
const (
	maxReason = 255
	maxBy     = 128
	maxNote   = 500
)

func (params RefundParams) check() error {
	if params.Payment == "" {
		return Invalidf("payment", "payment_missing", "payment is required.")
	}
	if params.Reason == "" {
		return Invalidf("reason", "reason_missing", "reason is required: for the provider and your books.")
	}
	if err := checkText("reason", params.Reason, maxReason); err != nil || params.ByHand == nil {
		return err
	}
	if params.ByHand.By == "" {
		return Invalidf("by_hand.by", "by_missing", "by_hand.by is required: who gave the money back.")
	}
	if err := checkText("by_hand.by", params.ByHand.By, maxBy); err != nil {
		return err
	}
	return checkText("by_hand.note", params.ByHand.Note, maxNote)
}

// Refundable is what of a payment's money has not been given back or asked
// back. Without proof there is none.
func (p Payment) Refundable() Money {
	if p.Proof == nil {
		return Money{Currency: p.Amount.Currency}
	}
	return Money{Minor: p.Proof.Amount.Minor - p.Refunded, Currency: p.Proof.Amount.Currency}
}

// Refund finds one of the purchase's refunds; nil when it has none such.
func (p *Purchase) Refund(id string) *Refund {
	for i := range p.Refunds {
		if p.Refunds[i].ID == id {
			return &p.Refunds[i]
		}
	}
	return nil
}

// AskRefund adds a refund: pending, or succeeded when it was made by hand. What
// is pending or succeeded never adds up to more than was paid, which is nothing
// without proof. A refund that has the id already is left as it is.
func (p *Purchase) AskRefund(id string, params RefundParams, now time.Time) error {
	payment := p.Payment(params.Payment)
	if p.Refund(id) != nil {
		return nil
	}
	left := payment.Refundable()
	amount := left
	if params.Amount != "" {
		var err error
		if amount, err = takeMoney("amount", params.Amount, left.Currency); err != nil {
			return err
		}
	}
	if amount.Minor > left.Minor || left.Minor == 0 {
		return ErrRefundTooLarge
	}
	payment.Refunded += amount.Minor
	p.Refunds = append(p.Refunds, Refund{
		ID: id, PaymentID: payment.ID, SessionID: payment.SessionID, MerchantID: payment.MerchantID, Mode: payment.Mode,
		Provider: payment.Provider, Amount: amount, Reason: params.Reason, ByHand: params.ByHand,
		Status: RefundPending, AskedBy: params.AskedBy, CreatedAt: now,
	})
	refund := &p.Refunds[len(p.Refunds)-1]
	if params.ByHand == nil {
		refund.Reference = NewReference()
		return nil
	}
	refund.Provider = ByHandProvider
	p.closeRefund(refund, RefundSucceeded, now)
	return nil
}

// RefundHeard records what the provider said of a pending refund. One that it
// refused gives its amount free again.
func (p *Purchase) RefundHeard(id string, answer RefundAnswer, now time.Time) {
	refund := p.Refund(id)
	if refund == nil || refund.Status != RefundPending {
		return
	}
	refund.TransactionID = orElse(answer.ProviderID, refund.TransactionID)
	if answer.Raw != nil {
		refund.Raw = answer.Raw
	}
	switch {
	case answer.Verdict == Paid:
		p.closeRefund(refund, RefundSucceeded, now)
	case answer.Verdict == Failed:
		p.failRefund(refund, "refused", now)
	case answer.Verdict == Closed && now.Sub(refund.CreatedAt) >= refundLostAfter:
		p.failRefund(refund, "not_received", now)
	}
}

func (p *Purchase) failRefund(refund *Refund, code string, now time.Time) {
	refund.FailureCode = code
	p.Payment(refund.PaymentID).Refunded -= refund.Amount.Minor
	p.closeRefund(refund, RefundFailed, now)
}

func (p *Purchase) closeRefund(refund *Refund, status RefundStatus, now time.Time) {
	refund.Status = status
	refund.ClosedAt = now
	event := EventRefundSucceeded
	if status == RefundFailed {
		event = EventRefundFailed
	}
	p.raise(Event{Type: event, PaymentID: refund.PaymentID, RefundID: refund.ID, CreatedAt: now})
}

// When pending refunds are asked about: banks take up to two weeks.
const (
	refundFirstAsked = callTimeout + 5*time.Second // the call that asks for it is over by then
	refundAskedAtMin = 15 * time.Second
	refundAskedAtMax = 6 * time.Hour

	// refundLostAfter is when a refund that the provider knows nothing of was
	// never received.
	refundLostAfter = 10 * time.Minute
)

// NextAsked is after how long to ask about a refund again.
func (r Refund) NextAsked(now time.Time) time.Duration {
	age := now.Sub(r.CreatedAt)
	if age < refundFirstAsked {
		return refundFirstAsked - age
	}
	return min(max(age/4, refundAskedAtMin), refundAskedAtMax)
}

// Refund gives money back: through the provider where it can, else as made by
// hand. Its row is there before the provider is called; without an answer it
// stays pending and is asked about later (CheckRefund).
func (s *Service) Refund(ctx context.Context, merchantID string, mode Mode, params RefundParams) (Refund, error) {
	if err := params.check(); err != nil {
		return Refund{}, err
	}
	payment, err := s.store.Payment(ctx, params.Payment)
	if err != nil || payment.MerchantID != merchantID || payment.Mode != mode {
		return Refund{}, asPaymentInvalid(err)
	}
	var refunder Refunder
	var account Account
	if payment.Proof == nil {
		return Refund{}, ErrPaymentNotSucceeded
	}
	if params.ByHand == nil {
		if refunder, account, err = s.refunderOf(ctx, payment); err != nil {
			return Refund{}, err
		}
	}
	id := newIDFor(ctx, refundPrefix)
	asked := false
	purchase, err := s.update(ctx, payment.SessionID, func(p *Purchase) error {
		asked = p.Refund(id) == nil
		return p.AskRefund(id, params, s.now())
	})
	if err != nil {
		return Refund{}, err
	}
	refund := *purchase.Refund(id)
	if refund.Status != RefundPending || !asked {
		return refund, nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
	defer cancel()
	calling, span := startSpan(ctx, "refund", payment)
	answer, err := refunder.Refund(calling, account, *purchase.Payment(payment.ID), s.refundOrder(refund))
	endSpan(span, outcomeOf(err, "answered"))
	return s.recordRefund(ctx, refund, answer, err)
}

func (s *Service) refunderOf(ctx context.Context, payment Payment) (Refunder, Account, error) {
	refunder, can := s.providers[payment.Provider].(Refunder)
	if !can {
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
		Reference: r.Reference, Amount: r.Amount, Reason: r.Reason, CallbackURL: s.callbackURL(r.Provider, r.PaymentID),
	}
}

// hearRefund has the refund of a payment that a message names asked about at
// once, after the message is answered.
func (s *Service) hearRefund(ctx context.Context, paymentID, reference string) error {
	payment, err := s.store.Payment(ctx, paymentID)
	if err != nil {
		return ErrCallbackRefused.Because(err)
	}
	purchase, err := s.store.Purchase(ctx, payment.SessionID)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(purchase.Refunds, func(r Refund) bool { return r.PaymentID == paymentID && r.Reference == reference })
	if at < 0 {
		return ErrCallbackRefused
	}
	if refund := purchase.Refunds[at]; refund.Status == RefundPending {
		return s.store.WakeRefund(context.WithoutCancel(ctx), refund)
	}
	return nil
}

// CheckRefund asks the provider about a pending refund, and says after how long
// to ask again; 0 when it is done with.
func (s *Service) CheckRefund(ctx context.Context, sessionID, refundID string) (again time.Duration, err error) {
	purchase, err := s.store.Purchase(ctx, sessionID)
	if err != nil {
		return 0, err
	}
	refund := purchase.Refund(refundID)
	if refund == nil || refund.Status != RefundPending {
		return 0, nil
	}
	payment := purchase.Payment(refund.PaymentID)
	refunder, account, err := s.refunderOf(ctx, *payment)
	if err != nil {
		return 0, err
	}
	calling, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	calling, span := startSpan(calling, "ask about refund", *payment)
	answer, err := refunder.QueryRefund(calling, account, *payment, s.refundOrder(*refund))
	endSpan(span, outcomeOf(err, "answered"))
	after, err := s.recordRefund(context.WithoutCancel(ctx), *refund, answer, err)
	if err != nil || after.Status != RefundPending {
		return 0, err
	}
	return after.NextAsked(s.now()), nil
}

// recordRefund keeps a provider's answer. An error that is no refusal tells
// nothing: the refund stays pending.
func (s *Service) recordRefund(ctx context.Context, refund Refund, answer RefundAnswer, failure error) (Refund, error) {
	if failure != nil {
		s.logFor(ctx).Warn("refund not answered", "refund", refund.ID, "payment", refund.PaymentID, "provider", refund.Provider, "error", failure)
		if _, refused := AsRefused(failure); !refused {
			return refund, nil
		}
		answer = RefundAnswer{Verdict: Failed}
	}
	purchase, err := s.update(context.WithoutCancel(ctx), refund.SessionID, func(p *Purchase) error {
		p.RefundHeard(refund.ID, answer, s.now())
		return nil
	})
	if err != nil {
		return refund, err
	}
	return *purchase.Refund(refund.ID), nil
}

// PublicRefund is a refund as merchants see it.
type PublicRefund struct {
	ID            string       `json:"id"`
	Object        string       `json:"object"` // "refund"
	Mode          Mode         `json:"mode"`
	Status        RefundStatus `json:"status"`
	Payment       string       `json:"payment"`
	Session       string       `json:"session"`
	Provider      string       `json:"provider"`
	Amount        string       `json:"amount"`
	Currency      Currency     `json:"currency"`
	Reason        string       `json:"reason"`
	ByHand        *ByHand      `json:"by_hand"`
	TransactionID string       `json:"transaction_id"`
	FailureCode   string       `json:"failure_code"`
	CreatedAt     time.Time    `json:"created_at"`
	ClosedAt      *time.Time   `json:"closed_at"`
}

// Public shows a refund.
func (r Refund) Public() PublicRefund {
	return PublicRefund{
		ID: r.ID, Object: "refund", Mode: r.Mode, Status: r.Status, Payment: r.PaymentID, Session: r.SessionID,
		Provider: r.Provider, Amount: r.Amount.Decimal(), Currency: r.Amount.Currency, Reason: r.Reason, ByHand: r.ByHand,
		TransactionID: r.TransactionID, FailureCode: r.FailureCode, CreatedAt: r.CreatedAt, ClosedAt: optional(r.ClosedAt),
	}
}
