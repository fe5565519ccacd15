package checkout

import (
	"encoding/json"
	"time"
)

// Mode keeps test money and real money apart; every row belongs to one.
type Mode string

// The two modes.
const (
	ModeTest Mode = "test"
	ModeLive Mode = "live"
)

// SessionStatus is where a purchase stands.
type SessionStatus string

// open → complete | expired | canceled. A closed session can still become
// complete when money that was paid in time is proved afterwards.
const (
	SessionOpen     SessionStatus = "open"
	SessionComplete SessionStatus = "complete"
	SessionExpired  SessionStatus = "expired"
	SessionCanceled SessionStatus = "canceled"
)

// Bounds of expires_in.
const (
	MinSessionLife     = 5 * time.Minute
	DefaultSessionLife = 30 * time.Minute
	MaxSessionLife     = 24 * time.Hour
)

// MoreTime is what a buyer gets at each "I need more time", until the session
// is as old as MaxSessionLife.
const MoreTime = 30 * time.Minute

// Session is one purchase. Amount, currency and payee are frozen once it
// exists.
type Session struct {
	ID             string
	MerchantID     string
	Mode           Mode
	Status         SessionStatus
	Amount         Money
	Reference      string
	Description    string
	LineItems      []LineItem
	Customer       Customer
	SuccessURL     string
	CancelURL      string
	PaymentMethods []string   // empty: all that the merchant has
	PayCurrencies  []Currency // in which it may be paid beside the price's own, as the merchant asked; nil: as the merchant's settings say
	Converted      []ConvertedAmount
	Locale         string // empty: the buyer's
	BuyerLocale    string // what the buyer chose instead; empty: nothing yet
	Metadata       json.RawMessage
	LinkID         string // the payment link it was made from; empty when there is none
	CashierID      string // the user who sold at a counter; empty when it was made otherwise
	CreatedAt      time.Time
	ExpiresAt      time.Time
	FirstExpiresAt time.Time   // as it was asked for: a buyer who gets more time moves ExpiresAt only
	endGiven       bool        // by expires_at; known while the session is created
	ClosedAt       time.Time   // when it left open; zero before
	HoldsUse       bool        // of its payment link: while it is being paid, and once it is
	PaymentID      string      // the payment that completed it
	KeptClaims     []KeptClaim // of the buyer, until they can be looked up
	Version        int         // grows with every change a buyer could see
	Repeated       bool        // not stored: it was open already when the same request came again
}

// LineItem is one line of what is bought; Amount is for one piece.
type LineItem struct {
	Name     string
	Quantity int
	Amount   Money
}

// Customer is what is known of the buyer; each field may be empty.
type Customer struct {
	ID    string `json:"id,omitempty"` // the merchant's own, for what providers keep of a buyer, such as cards
	Name  string `json:"name,omitempty"`
	Email string `json:"email,omitempty"`
	Phone string `json:"phone,omitempty"`
}
