package checkout

import (
	"encoding/json"
	"time"
)

// The Public types are what merchants see in the API and in events. Every key is
// always there, and what is absent is null: never an empty text.

// PublicSession is a session as merchants see it, in the API and in events.
type PublicSession struct {
	ID             string            `json:"id"`
	Object         string            `json:"object"` // "checkout.session"
	URL            string            `json:"url"`
	Mode           Mode              `json:"mode"`
	Status         SessionStatus     `json:"status"`
	Amount         string            `json:"amount"`
	Currency       Currency          `json:"currency"`
	Reference      string            `json:"reference"`
	Description    *string           `json:"description"`
	LineItems      []PublicLineItem  `json:"line_items"`
	Customer       PublicCustomer    `json:"customer"`
	SuccessURL     *string           `json:"success_url"`
	CancelURL      *string           `json:"cancel_url"`
	PaymentMethods []string          `json:"payment_methods"` // null: all that the merchant has
	PayCurrencies  []Currency        `json:"pay_currencies"`  // as asked for; null: as the merchant's settings say
	PayAmounts     []PublicPayAmount `json:"pay_amounts"`     // of which the buyer pays one, the price first
	Locale         *string           `json:"locale"`
	Metadata       json.RawMessage   `json:"metadata"`
	Payment        *string           `json:"payment"`      // the payment that completed it
	PaymentLink    *string           `json:"payment_link"` // the link it was made from
	CreatedAt      time.Time         `json:"created_at"`
	ExpiresAt      time.Time         `json:"expires_at"`
	ClosedAt       *time.Time        `json:"closed_at"`
}

// PublicCustomer is a Customer as merchants see it.
type PublicCustomer struct {
	ID    *string `json:"id"`
	Name  *string `json:"name"`
	Email *string `json:"email"`
	Phone *string `json:"phone"`
}

// PublicLineItem is a LineItem as merchants see it.
type PublicLineItem struct {
	Name     string `json:"name"`
	Quantity int    `json:"quantity"`
	Amount   string `json:"amount"`
}

// PublicPayment is a payment as merchants see it.
type PublicPayment struct {
	ID                string                `json:"id"`
	Object            string                `json:"object"` // "payment"
	Session           string                `json:"session"`
	Mode              Mode                  `json:"mode"`
	Status            PaymentStatus         `json:"status"`
	Provider          string                `json:"provider"`
	Method            string                `json:"method"`
	Amount            string                `json:"amount"`
	Currency          Currency              `json:"currency"`
	Rate              *PublicRate           `json:"rate"`               // by which the amount was made of the price; null: it is the price
	PriceAmount       string                `json:"price_amount"`       // the session's amount
	PriceCurrency     Currency              `json:"price_currency"`     // and its currency
	MerchantReference string                `json:"merchant_reference"` // the session's reference
	ProviderReference string                `json:"provider_reference"` // ours at the provider
	Metadata          json.RawMessage       `json:"metadata"`           // the session's
	FailureCode       *string               `json:"failure_code"`
	FailureMessage    *string               `json:"failure_message"`
	Review            *Review               `json:"review"`
	ReviewDecision    *PublicReviewDecision `json:"review_decision"`
	AmountRefunded    string                `json:"amount_refunded"` // in the proof's currency
	Proof             *PublicProof          `json:"proof"`
	CreatedAt         time.Time             `json:"created_at"`
	ExpiresAt         time.Time             `json:"expires_at"`
	ClosedAt          *time.Time            `json:"closed_at"`
}

// PublicProof is a Proof as merchants see it.
type PublicProof struct {
	Amount            string          `json:"amount"`
	Currency          Currency        `json:"currency"`
	Provider          string          `json:"provider"`
	Source            Source          `json:"source"`
	ProviderReference string          `json:"provider_reference"`
	Payee             *string         `json:"payee"`
	TransactionID     *string         `json:"transaction_id"`
	PaidAt            *time.Time      `json:"paid_at"`
	SeenAt            time.Time       `json:"seen_at"`
	Raw               json.RawMessage `json:"raw"`
}

// Public shows a session whose page is at url.
func (s Session) Public(url string) PublicSession {
	items := make([]PublicLineItem, len(s.LineItems))
	for i, item := range s.LineItems {
		items[i] = PublicLineItem{Name: item.Name, Quantity: item.Quantity, Amount: item.Amount.Decimal()}
	}

	return PublicSession{
		ID: s.ID, Object: "checkout.session", URL: url, Mode: s.Mode, Status: s.Status,
		Amount: s.Amount.Decimal(), Currency: s.Amount.Currency, Reference: s.Reference,
		Description: orNull(s.Description), LineItems: items, Customer: s.Customer.public(),
		SuccessURL: orNull(s.SuccessURL), CancelURL: orNull(s.CancelURL), PaymentMethods: methodsOrNull(s.PaymentMethods),
		PayCurrencies: s.PayCurrencies, PayAmounts: s.publicPayAmounts(),
		Locale: orNull(s.Locale), Metadata: s.publicMetadata(), Payment: orNull(s.PaymentID), PaymentLink: orNull(s.LinkID),
		CreatedAt: s.CreatedAt, ExpiresAt: s.ExpiresAt, ClosedAt: optional(s.ClosedAt),
	}
}

func (s Session) publicMetadata() json.RawMessage {
	if len(s.Metadata) == 0 {
		return json.RawMessage("{}")
	}
	return s.Metadata
}

func (c Customer) public() PublicCustomer {
	return PublicCustomer{ID: orNull(c.ID), Name: orNull(c.Name), Email: orNull(c.Email), Phone: orNull(c.Phone)}
}

// methodsOrNull gives null where no methods were chosen: then all may be used.
func methodsOrNull(methods []string) []string {
	if len(methods) == 0 {
		return nil
	}
	return methods
}

// Public shows a payment of a session.
func (p Payment) Public(session Session) PublicPayment {
	public := PublicPayment{
		ID: p.ID, Object: "payment", Session: p.SessionID, Mode: p.Mode, Status: p.Status,
		Provider: p.Provider, Method: p.Method, Amount: p.Amount.Decimal(), Currency: p.Amount.Currency,
		Rate: p.Rate.public(), PriceAmount: session.Amount.Decimal(), PriceCurrency: session.Amount.Currency,
		MerchantReference: session.Reference, ProviderReference: p.Reference, Metadata: session.publicMetadata(),
		FailureCode: orNull(p.FailureCode), FailureMessage: orNull(p.FailureMessage), Review: orNull(p.Review),
		ReviewDecision: p.Decision.public(), AmountRefunded: Money{Minor: p.Refunded, Currency: p.Refundable().Currency}.Decimal(),
		CreatedAt: p.CreatedAt, ExpiresAt: p.ExpiresAt, ClosedAt: optional(p.ClosedAt),
	}
	if !p.Status.Closed() {
		public.FailureCode = nil // it has not failed, whatever became of the buyer's last try
	}

	if p.Proof != nil {
		public.Proof = p.Proof.public()
	}

	return public
}

func (p *Proof) public() *PublicProof {
	return &PublicProof{
		Amount: p.Amount.Decimal(), Currency: p.Amount.Currency, Provider: p.Provider, Source: p.Source, ProviderReference: p.Reference,
		Payee: orNull(p.Payee), TransactionID: orNull(p.TransactionID), PaidAt: optional(p.PaidAt), SeenAt: p.SeenAt, Raw: p.Raw,
	}
}
