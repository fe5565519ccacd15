package rieltime

import (
	"encoding/json"
	"time"
)

// Session is one purchase: Status goes from "open" to "complete", "expired" or
// "canceled".
type Session struct {
	ID             string            `json:"id"`
	Object         string            `json:"object"`
	URL            string            `json:"url"` // where to send the buyer
	Mode           string            `json:"mode"`
	Status         string            `json:"status"`
	Amount         string            `json:"amount"`
	Currency       string            `json:"currency"`
	Reference      string            `json:"reference"`
	Description    string            `json:"description"`
	LineItems      []LineItem        `json:"line_items"`
	Customer       Customer          `json:"customer"`
	SuccessURL     string            `json:"success_url"`
	CancelURL      string            `json:"cancel_url"`
	PaymentMethods []string          `json:"payment_methods"`
	PayCurrencies  []string          `json:"pay_currencies"` // as you asked; nil: as your merchant file says
	PayAmounts     []PayAmount       `json:"pay_amounts"`    // of which the buyer pays one, the price first
	Locale         string            `json:"locale"`
	Metadata       map[string]string `json:"metadata"`
	Payment        string            `json:"payment"` // what completed it
	PaymentLink    string            `json:"payment_link"`
	CreatedAt      time.Time         `json:"created_at"`
	ExpiresAt      time.Time         `json:"expires_at"`
	ClosedAt       *time.Time        `json:"closed_at"`
}

// SessionCreate asks for a session; the first five fields are required.
type SessionCreate struct {
	Amount         string            `json:"amount"` // "12.50" dollars, "50000" riel
	Currency       string            `json:"currency"`
	Reference      string            `json:"reference"`
	SuccessURL     string            `json:"success_url"`
	CancelURL      string            `json:"cancel_url"`
	Description    string            `json:"description,omitempty"`
	LineItems      []LineItem        `json:"line_items,omitempty"`
	Customer       Customer          `json:"customer,omitzero"`
	PaymentMethods []string          `json:"payment_methods,omitempty"`
	PayCurrencies  []string          `json:"pay_currencies,omitzero"` // nil: as your merchant file says
	Locale         string            `json:"locale,omitempty"`
	ExpiresIn      int               `json:"expires_in,omitempty"` // seconds
	ExpiresAt      time.Time         `json:"expires_at,omitzero"`  // instead of ExpiresIn
	Metadata       map[string]string `json:"metadata,omitempty"`
}

// LineItem is one line of what is bought; Amount is for one piece.
type LineItem struct {
	Name     string `json:"name"`
	Quantity int    `json:"quantity"`
	Amount   string `json:"amount"`
}

// Customer is what is known of the buyer.
type Customer struct {
	ID    string `json:"id,omitempty"` // yours, of a buyer who has logged in
	Name  string `json:"name,omitempty"`
	Email string `json:"email,omitempty"`
	Phone string `json:"phone,omitempty"`
}

// Payment is one attempt to pay a session.
type Payment struct {
	ID                string            `json:"id"`
	Object            string            `json:"object"`
	Session           string            `json:"session"`
	Mode              string            `json:"mode"`
	Status            string            `json:"status"`
	Provider          string            `json:"provider"`
	Method            string            `json:"method"`
	Amount            string            `json:"amount"`
	Currency          string            `json:"currency"`
	Rate              *Rate             `json:"rate"`         // by which Amount was made of the price; nil: it is the price
	PriceAmount       string            `json:"price_amount"` // the session's
	PriceCurrency     string            `json:"price_currency"`
	MerchantReference string            `json:"merchant_reference"` // the session's Reference
	ProviderReference string            `json:"provider_reference"` // Rieltime's at the provider
	Metadata          map[string]string `json:"metadata"`           // the session's
	FailureCode       string            `json:"failure_code"`
	FailureMessage    string            `json:"failure_message"`
	Review            string            `json:"review"` // "late", "duplicate", "mismatch", "claimed", "contested", "unknown" or empty
	ReviewDecision    *ReviewDecision   `json:"review_decision"`
	AmountRefunded    string            `json:"amount_refunded"`
	Proof             *Proof            `json:"proof"`
	CreatedAt         time.Time         `json:"created_at"`
	ExpiresAt         time.Time         `json:"expires_at"`
	ClosedAt          *time.Time        `json:"closed_at"`
}

// Rate is a rate of exchange: one Base is Value of Quote.
type Rate struct {
	Base  string `json:"base"`
	Quote string `json:"quote"`
	Value string `json:"value"` // decimal text
}

// PayAmount is an amount by which a session can be paid.
type PayAmount struct {
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
	Rate     *Rate  `json:"rate"` // nil: it is the price itself
}

// Proof is what the provider said about the money it took.
type Proof struct {
	Amount            string          `json:"amount"`
	Currency          string          `json:"currency"`
	Provider          string          `json:"provider"`
	Source            string          `json:"source"`
	ProviderReference string          `json:"provider_reference"`
	Payee             string          `json:"payee"`
	TransactionID     string          `json:"transaction_id"`
	PaidAt            *time.Time      `json:"paid_at"`
	SeenAt            time.Time       `json:"seen_at"`
	Raw               json.RawMessage `json:"raw"`
}

// ReviewDecision is what was decided about money that did not fit.
type ReviewDecision struct {
	Decision  string    `json:"decision"`
	Note      string    `json:"note"`
	DecidedAt time.Time `json:"decided_at"`
}

// ReviewDecide decides a review: "accept", "refunded" or "refuse".
type ReviewDecide struct {
	Decision string `json:"decision"`
	Note     string `json:"note,omitempty"`
}

// Refund is money given back: "pending", "succeeded" or "failed".
type Refund struct {
	ID                string            `json:"id"`
	Object            string            `json:"object"`
	Mode              string            `json:"mode"`
	Status            string            `json:"status"`
	Payment           string            `json:"payment"`
	Session           string            `json:"session"`
	Provider          string            `json:"provider"` // or "manual"
	Amount            string            `json:"amount"`
	Currency          string            `json:"currency"`
	MerchantReference string            `json:"merchant_reference"` // the session's Reference
	ProviderReference string            `json:"provider_reference"` // Rieltime's at the provider; empty when made by hand
	Metadata          map[string]string `json:"metadata"`           // the session's
	Reason            string            `json:"reason"`
	ByHand            *ByHand           `json:"by_hand"`
	TransactionID     string            `json:"transaction_id"`
	FailureCode       string            `json:"failure_code"`
	CreatedAt         time.Time         `json:"created_at"`
	ClosedAt          *time.Time        `json:"closed_at"`

	AcknowledgedAt *time.Time `json:"acknowledged_at"` // when the provider first said that it has it
	UnresolvedAt   *time.Time `json:"unresolved_at"`   // since when nobody knows what became of it
}

// RefundCreate asks for money to be given back; without Amount all that is
// left.
type RefundCreate struct {
	Payment  string  `json:"payment"`
	Amount   string  `json:"amount,omitempty"`
	Currency string  `json:"currency,omitempty"` // of Amount: the one that was paid, which is the default, or the session's
	Reason   string  `json:"reason"`
	ByHand   *ByHand `json:"by_hand,omitempty"`
}

// ByHand says who gave money back outside of any provider.
type ByHand struct {
	By   string `json:"by"`
	Note string `json:"note,omitempty"`
}

// PaymentLink opens a new session for whoever visits it.
type PaymentLink struct {
	ID              string        `json:"id"`
	Object          string        `json:"object"`
	URL             string        `json:"url"`
	Mode            string        `json:"mode"`
	Active          bool          `json:"active"`
	Amount          *string       `json:"amount"`
	AmountMin       *string       `json:"amount_min"`
	AmountMax       *string       `json:"amount_max"`
	Currency        string        `json:"currency"`
	Description     string        `json:"description"`
	ReferencePrefix string        `json:"reference_prefix"`
	SuccessURL      string        `json:"success_url"`
	CancelURL       string        `json:"cancel_url"`
	PaymentMethods  []string      `json:"payment_methods"`
	PayCurrencies   []string      `json:"pay_currencies"`
	Locale          string        `json:"locale"`
	MaxUses         *int          `json:"max_uses"`
	Uses            int           `json:"uses"`
	ExpiresAt       *time.Time    `json:"expires_at"`
	CustomFields    []CustomField `json:"custom_fields"`
	CreatedAt       time.Time     `json:"created_at"`
}

// PaymentLinkCreate asks for a link: Amount, or both AmountMin and AmountMax.
type PaymentLinkCreate struct {
	Amount          string              `json:"amount,omitempty"`
	AmountMin       string              `json:"amount_min,omitempty"`
	AmountMax       string              `json:"amount_max,omitempty"`
	Currency        string              `json:"currency"`
	Description     string              `json:"description"`
	ReferencePrefix string              `json:"reference_prefix,omitempty"`
	SuccessURL      string              `json:"success_url,omitempty"`
	CancelURL       string              `json:"cancel_url,omitempty"`
	PaymentMethods  []string            `json:"payment_methods,omitempty"`
	PayCurrencies   []string            `json:"pay_currencies,omitzero"`
	Locale          string              `json:"locale,omitempty"`
	MaxUses         int                 `json:"max_uses,omitempty"` // zero: unlimited
	ExpiresAt       time.Time           `json:"expires_at,omitzero"`
	CustomFields    []CustomFieldCreate `json:"custom_fields,omitempty"`
}

// CustomField is one thing that the buyer is asked.
type CustomField struct {
	Key       string `json:"key"`
	Label     string `json:"label"`
	Required  bool   `json:"required"`
	MaxLength int    `json:"max_length"` // characters
}

// CustomFieldCreate is one thing to ask the buyer.
type CustomFieldCreate struct {
	Key       string `json:"key"`
	Label     string `json:"label"`
	Required  bool   `json:"required,omitempty"`
	MaxLength int    `json:"max_length,omitempty"`
}

// WebhookEndpoint is where events are sent.
type WebhookEndpoint struct {
	ID                  string     `json:"id"`
	Object              string     `json:"object"`
	Mode                string     `json:"mode"`
	URL                 string     `json:"url"`
	Events              []string   `json:"events"`
	Description         string     `json:"description"`
	Disabled            bool       `json:"disabled"`
	DisabledReason      string     `json:"disabled_reason"`
	FailingSince        *time.Time `json:"failing_since"`
	PreviousSecretUntil *time.Time `json:"previous_secret_until"`
	CreatedAt           time.Time  `json:"created_at"`
}

// WebhookEndpointWithSecret carries the secret, which is shown once.
type WebhookEndpointWithSecret struct {
	WebhookEndpoint
	Secret string `json:"secret"`
}

// WebhookEndpointCreate asks for an endpoint; without Events it gets all.
type WebhookEndpointCreate struct {
	URL         string   `json:"url"`
	Events      []string `json:"events,omitempty"`
	Description string   `json:"description,omitempty"`
}

// WebhookEndpointUpdate changes what is set; nil stays as it is.
type WebhookEndpointUpdate struct {
	URL         string   `json:"url,omitempty"`
	Events      []string `json:"events,omitempty"`
	Description *string  `json:"description,omitempty"`
	Disabled    *bool    `json:"disabled,omitempty"`
}

// RotateSecret says for how long the old secret signs too; nil is a day.
type RotateSecret struct {
	OverlapSeconds *int `json:"overlap_seconds,omitempty"`
}

// RedeliverMany asks for the events of a range, or for all that failed.
type RedeliverMany struct {
	From   time.Time `json:"from,omitzero"`
	To     time.Time `json:"to,omitzero"`
	Failed bool      `json:"failed,omitempty"`
}

// Redelivery says how many deliveries were queued.
type Redelivery struct {
	Object string `json:"object"`
	Queued int    `json:"queued"`
}

// Delivery is one event on its way to one endpoint: "pending", "delivered" or
// "failed".
type Delivery struct {
	ID            string            `json:"id"`
	Object        string            `json:"object"`
	Mode          string            `json:"mode"`
	Endpoint      string            `json:"endpoint"`
	Event         string            `json:"event"`
	EventType     string            `json:"event_type"`
	Status        string            `json:"status"`
	Attempts      []DeliveryAttempt `json:"attempts"`
	NextAttemptAt *time.Time        `json:"next_attempt_at"`
	CreatedAt     time.Time         `json:"created_at"`
}

// DeliveryAttempt is one try; Status is nil when no answer came.
type DeliveryAttempt struct {
	At        time.Time `json:"at"`
	Status    *int      `json:"status"`
	Answer    string    `json:"answer"` // the first bytes
	Error     string    `json:"error"`  // why the event was not taken; empty when it was
	TookMS    int       `json:"took_ms"`
	Delivered bool      `json:"delivered"`
}

// List is a page of a list.
type List[T any] struct {
	Object  string `json:"object"`
	Data    []T    `json:"data"`
	HasMore bool   `json:"has_more"`
}
