package checkout

import (
	"encoding/json"
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
	RequestedBy   string          // the API key's id
	CreatedAt     time.Time
	ClosedAt      time.Time // when it succeeded or failed; zero before

	AcknowledgedAt time.Time // when the provider first said that it has the refund; zero: it never did
	MissingSince   time.Time // since when the provider answers that it knows no such refund; zero: it does not
	UnresolvedAt   time.Time // when the merchant was notified that nobody knows what became of it; zero: not yet
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
	Payment     string
	Amount      string // empty: all that is left
	Currency    string // of Amount: the one that was paid in, which is what an empty one means, or the price's
	Reason      string
	ByHand      *ByHand
	RequestedBy string // the API key's id
}

// RefundQuery selects refunds of one merchant and mode; empty fields select
// all.
type RefundQuery struct {
	ListPart
	Created   TimeRange
	PaymentID string
	SessionID string
}

// The errors of refunds.
var (
	ErrPaymentNotSucceeded = &Error{Kind: KindConflict, Code: "payment_not_succeeded", Param: "payment", Detail: "There is no money of this payment to give back."}
	ErrRefundTooLarge      = &Error{Kind: KindConflict, Code: "refund_too_large", Param: "amount", Detail: "This is more than is left of the payment."}
	ErrRefundByHandOnly    = &Error{Kind: KindConflict, Code: "refund_by_hand_only", Param: "by_hand", Detail: "The provider cannot give this money back: do it yourself and send by_hand."}
	errRefundPayment       = &Error{Kind: KindInvalid, Code: "payment_invalid", Param: "payment", Detail: "payment must be the id of a payment of yours."}
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
// back. Without proof there is none, nor when another payment may have the
// proof's transaction.
func (p Payment) Refundable() Money {
	if p.Proof == nil {
		return Money{Currency: p.Amount.Currency}
	}
	if p.TransactionLost {
		return Money{Currency: p.Proof.Amount.Currency}
	}
	return Money{Minor: p.Proof.Amount.Minor - p.Refunded, Currency: p.Proof.Amount.Currency}
}

// GivenBack reports whether all of a payment's money has been given back or
// asked back.
func (p Payment) GivenBack() bool {
	return p.Proof != nil && p.Refunded >= p.Proof.Amount.Minor
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

// RequestRefund adds a refund: pending, or succeeded when it was made by hand. What
// is pending or succeeded never adds up to more than was paid, which is nothing
// without proof. A refund that has the id already is left as it is.
func (p *Purchase) RequestRefund(id string, params RefundParams, now time.Time) error {
	payment := p.Payment(params.Payment)
	if p.Refund(id) != nil {
		return nil
	}

	left := payment.Refundable()
	amount := left
	if params.Amount != "" {
		var err error
		if amount, err = p.refundAmount(*payment, params); err != nil {
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
		Status: RefundPending, RequestedBy: params.RequestedBy, CreatedAt: now,
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

var errRefundCurrency = &Error{Kind: KindInvalid, Code: "currency_invalid", Param: "currency", Detail: "currency must be the one that was paid in or that of the session."}

// errRefundOverPrice has the code of ErrRefundTooLarge: what was paid may be more than the
// price, because it was rounded up.
var errRefundOverPrice = &Error{
	Kind: KindConflict, Code: ErrRefundTooLarge.Code, Param: "amount", Detail: "This is more than is left of the price. What is left of the payment can be given back in the currency that was paid in.",
}

// refundAmount is what a request gives back, in the currency that was paid in. A part of
// the price is converted at the payment's own rate, down to the smallest unit, so that parts
// never add up to more than was paid, nor to more than the price; the whole price is the
// whole payment.
func (p *Purchase) refundAmount(payment Payment, params RefundParams) (Money, error) {
	paid := payment.Amount.Currency
	if payment.Proof != nil {
		paid = payment.Proof.Amount.Currency
	}
	if params.Currency == "" || params.Currency == string(paid) {
		return parseMoney("amount", params.Amount, paid)
	}

	price := p.Session.Amount
	if params.Currency != string(price.Currency) || payment.Rate == "" || paid != payment.Amount.Currency {
		return Money{}, errRefundCurrency
	}
	amount, err := parseMoney("amount", params.Amount, price.Currency)
	switch {
	case err != nil:
		return Money{}, err
	case amount == price && payment.Proof != nil:
		return payment.Proof.Amount, nil
	case amount.Minor > price.Minor:
		return Money{}, errRefundOverPrice
	}

	rate, down := Rate{Base: USD, Quote: KHR, Value: payment.Rate}, Rounding{Step: 1, How: RoundDown}
	converted, err := rate.Convert(amount, down)
	if err != nil {
		return Money{}, Invalidf("amount", "amount_invalid", "amount %v in %s.", err, paid)
	}
	if most, err := rate.Convert(price, down); err == nil && payment.Refunded+converted.Minor > most.Minor {
		return Money{}, errRefundOverPrice
	}
	return converted, nil
}

// PublicRefund is a refund as merchants see it.
type PublicRefund struct {
	ID                string          `json:"id"`
	Object            string          `json:"object"` // "refund"
	Mode              Mode            `json:"mode"`
	Status            RefundStatus    `json:"status"`
	Payment           string          `json:"payment"`
	Session           string          `json:"session"`
	Provider          string          `json:"provider"`
	Amount            string          `json:"amount"`
	Currency          Currency        `json:"currency"`
	MerchantReference string          `json:"merchant_reference"` // the session's reference
	ProviderReference *string         `json:"provider_reference"` // ours at the provider; null when made by hand
	Metadata          json.RawMessage `json:"metadata"`           // the session's
	Reason            string          `json:"reason"`
	ByHand            *PublicByHand   `json:"by_hand"`
	TransactionID     *string         `json:"transaction_id"`
	FailureCode       *string         `json:"failure_code"`
	CreatedAt         time.Time       `json:"created_at"`
	ClosedAt          *time.Time      `json:"closed_at"`
	AcknowledgedAt    *time.Time      `json:"acknowledged_at"` // when the provider first said that it has the refund
	UnresolvedAt      *time.Time      `json:"unresolved_at"`   // since when nobody knows what became of it
}

// PublicByHand is a ByHand as merchants see it.
type PublicByHand struct {
	By   string  `json:"by"`
	Note *string `json:"note"`
}

// Public shows a refund of a session.
func (r Refund) Public(session Session) PublicRefund {
	public := PublicRefund{
		ID: r.ID, Object: "refund", Mode: r.Mode, Status: r.Status, Payment: r.PaymentID, Session: r.SessionID,
		Provider: r.Provider, Amount: r.Amount.Decimal(), Currency: r.Amount.Currency, Reason: r.Reason,
		MerchantReference: session.Reference, ProviderReference: orNull(r.Reference), Metadata: session.publicMetadata(),
		TransactionID: orNull(r.TransactionID), FailureCode: orNull(r.FailureCode), CreatedAt: r.CreatedAt, ClosedAt: optional(r.ClosedAt),
		AcknowledgedAt: optional(r.AcknowledgedAt), UnresolvedAt: optional(r.UnresolvedAt),
	}
	if r.ByHand != nil {
		public.ByHand = &PublicByHand{By: r.ByHand.By, Note: orNull(r.ByHand.Note)}
	}

	return public
}
