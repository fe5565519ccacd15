package checkout

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// SaleParams is what a cashier types to sell at a counter.
type SaleParams struct {
	Amount    string // decimal text
	Currency  string
	Note      string // for the buyer; may be empty
	ExpiresIn *int   // seconds; nil: DefaultSessionLife
	Counter   string // its name
	CashierID string // the user who sells
}

// Sale is a session that was made at a counter.
type Sale struct {
	Session   Session
	Attention bool // money of it waits for a decision
}

// SaleTakings are what a cashier's sales took by one method in one currency.
type SaleTakings struct {
	Provider string `json:"provider"`
	Method   string `json:"method"`
	Taken    Money  `json:"taken"`
	Count    int    `json:"count"`
}

// LinkPayment is money that came by a payment link, or by its poster at a counter.
type LinkPayment struct {
	ID, SessionID string
	Description   string // what the link sells
	Came          Money  // by the proof
	Attention     bool   // it waits for a decision
	RecordedAt    time.Time
}

// Keys of the metadata of a sale.
const (
	metadataCounter = "counter"
	metadataCashier = "cashier"
)

const saleReference = "counter-"

// ErrSaleMade is a form that has started another sale already.
var ErrSaleMade = &Error{Kind: KindConflict, Code: "sale_made", Detail: "This form has started another sale already."}

// CreateSale makes an open session for a sale at a counter. The request of the context
// (see FormRequest) makes one sale however often it is sent: then the same session is
// returned with Repeated set, or ErrSaleMade when the amount or the note is another.
func (s *Service) CreateSale(ctx context.Context, merchantID string, mode Mode, params SaleParams) (Session, error) {
	session, err := s.newCheckedSession(ctx, merchantID, mode, SessionParams{
		Amount: params.Amount, Currency: params.Currency, Description: params.Note, ExpiresIn: params.ExpiresIn,
		Reference: saleReference + randomText(12), Metadata: map[string]string{metadataCounter: params.Counter, metadataCashier: params.CashierID},
		cashierID: params.CashierID,
	})
	if err != nil {
		return Session{}, err
	}

	if !slices.Contains(CounterCurrencies(), session.Amount.Currency) {
		return Session{}, Invalidf("currency", "currency_invalid", "A counter sells in USD or KHR.")
	}

	session.ID = idempotentID(ctx, sessionPrefix)
	return s.store.InsertSession(ctx, session, IdempotentRequest{}, s.addresses)
}

// SameSale returns ErrSaleMade unless two sessions are the same sale.
func (s Session) SameSale(made Session) error {
	if s.Amount != made.Amount || s.Description != made.Description || s.CashierID != made.CashierID {
		return ErrSaleMade
	}
	return nil
}

// StartCode starts a payment by a QR code that the buyer scans at the counter: by the
// first method that has one. ErrMethodUnavailable: none has.
func (s *Service) StartCode(ctx context.Context, sessionID string, params StartParams) (Purchase, error) {
	purchase, err := s.store.Purchase(ctx, sessionID)
	if err != nil {
		return Purchase{}, err
	}
	if params.Method, err = s.codeMethod(ctx, purchase); err != nil {
		return Purchase{}, err
	}
	return s.StartPayment(ctx, sessionID, params)
}

// codeMethod returns the id of a method with a QR code. Providers that need nothing over
// the network to start a payment come first: a buyer stands at the counter.
func (s *Service) codeMethod(ctx context.Context, purchase Purchase) (string, error) {
	accounts, err := s.store.Accounts(ctx, purchase.Session.MerchantID, purchase.Session.Mode)
	if err != nil {
		return "", err
	}

	place := func(a Account) int {
		if s.providers[a.Provider].Info().StartsWithBuyer {
			return 0
		}
		return 1 + slices.Index(s.order, a.Provider)
	}
	accounts = slices.DeleteFunc(slices.Clone(accounts), func(a Account) bool { return s.providers[a.Provider] == nil })
	slices.SortStableFunc(accounts, func(a, b Account) int { return cmp.Compare(place(a), place(b)) })

	ctx, cancel := context.WithTimeout(ctx, methodsTimeout)
	defer cancel()

	for _, account := range accounts {
		for _, offer := range s.offersOf(ctx, purchase.Session, account, []Money{purchase.Session.Amount}) {
			if offer.Kind == ActionQRCode && offer.Unavailable == "" && !offer.NeedsCustomer {
				return offer.ID, nil
			}
		}
	}

	return "", ErrMethodUnavailable
}
