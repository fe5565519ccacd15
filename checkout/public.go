package checkout

import (
	"encoding/json"
	"time"
)

// PublicSession is a session as merchants see it, in the API and in events.
type PublicSession struct {
	ID             string           `json:"id"`
	Object         string           `json:"object"` // "checkout.session"
	URL            string           `json:"url"`
	Mode           Mode             `json:"mode"`
	Status         SessionStatus    `json:"status"`
	Amount         string           `json:"amount"`
	Currency       Currency         `json:"currency"`
	Reference      string           `json:"reference"`
	Description    string           `json:"description"`
	LineItems      []PublicLineItem `json:"line_items"`
	Customer       Customer         `json:"customer"`
	SuccessURL     string           `json:"success_url"`
	CancelURL      string           `json:"cancel_url"`
	PaymentMethods []string         `json:"payment_methods"`
	Locale         string           `json:"locale"`
	Metadata       json.RawMessage  `json:"metadata"`
	Payment        string           `json:"payment"`      // the payment that completed it
	PaymentLink    string           `json:"payment_link"` // the link it was made from
	CreatedAt      time.Time        `json:"created_at"`
	ExpiresAt      time.Time        `json:"expires_at"`
	ClosedAt       *time.Time       `json:"closed_at"`
}

// PublicLineItem is a LineItem as merchants see it.
type PublicLineItem struct {
	Name     string `json:"name"`
	Quantity int    `json:"quantity"`
	Amount   string `json:"amount"`
}

// PublicPayment is a payment as merchants see it.
type PublicPayment struct {
	ID             string                `json:"id"`
	Object         string                `json:"object"` // "payment"
	Session        string                `json:"session"`
	Mode           Mode                  `json:"mode"`
	Status         PaymentStatus         `json:"status"`
	Provider       string                `json:"provider"`
	Method         string                `json:"method"`
	Amount         string                `json:"amount"`
	Currency       Currency              `json:"currency"`
	Reference      string                `json:"reference"` // ours at the provider
	FailureCode    string                `json:"failure_code"`
	FailureMessage string                `json:"failure_message"`
	Review         Review                `json:"review"`
	ReviewDecision *PublicReviewDecision `json:"review_decision"`
	AmountRefunded string                `json:"amount_refunded"` // in the proof's currency
	Proof          *PublicProof          `json:"proof"`
	CreatedAt      time.Time             `json:"created_at"`
	ExpiresAt      time.Time             `json:"expires_at"`
	ClosedAt       *time.Time            `json:"closed_at"`
}

// PublicProof is a Proof as merchants see it.
type PublicProof struct {
	Amount   string   `json:"amount"`
	Currency Currency `json:"currency"`
	Proof
}

// Public shows a session whose page is at url.
func (s Session) Public(url string) PublicSession {
	items := make([]PublicLineItem, len(s.LineItems))
	for i, item := range s.LineItems {
		items[i] = PublicLineItem{Name: item.Name, Quantity: item.Quantity, Amount: item.Amount.Decimal()}
	}
	methods := s.PaymentMethods
	if methods == nil {
		methods = []string{}
	}
	metadata := s.Metadata
	if len(metadata) == 0 {
		metadata = json.RawMessage("{}")
	}
	return PublicSession{
		ID: s.ID, Object: "checkout.session", URL: url, Mode: s.Mode, Status: s.Status,
		Amount: s.Amount.Decimal(), Currency: s.Amount.Currency, Reference: s.Reference,
		Description: s.Description, LineItems: items, Customer: s.Customer,
		SuccessURL: s.SuccessURL, CancelURL: s.CancelURL, PaymentMethods: methods,
		Locale: s.Locale, Metadata: metadata, Payment: s.PaymentID, PaymentLink: s.LinkID,
		CreatedAt: s.CreatedAt, ExpiresAt: s.ExpiresAt, ClosedAt: optional(s.ClosedAt),
	}
}

// Public shows a payment.
func (p Payment) Public() PublicPayment {
	public := PublicPayment{
		ID: p.ID, Object: "payment", Session: p.SessionID, Mode: p.Mode, Status: p.Status,
		Provider: p.Provider, Method: p.Method, Amount: p.Amount.Decimal(), Currency: p.Amount.Currency,
		Reference: p.Reference, FailureCode: p.FailureCode, FailureMessage: p.FailureMessage, Review: p.Review,
		ReviewDecision: p.Decision.public(), AmountRefunded: Money{Minor: p.Refunded, Currency: p.Refundable().Currency}.Decimal(),
		CreatedAt: p.CreatedAt, ExpiresAt: p.ExpiresAt, ClosedAt: optional(p.ClosedAt),
	}
	if p.Proof != nil {
		public.Proof = &PublicProof{Amount: p.Proof.Amount.Decimal(), Currency: p.Proof.Amount.Currency, Proof: *p.Proof}
	}
	return public
}

func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
