package checkout

import (
	"context"
	"slices"
	"time"
)

// Link is a payment link: an address that opens a new session for whoever
// visits it.
type Link struct {
	ID              string
	MerchantID      string
	Mode            Mode
	Active          bool // until it is deactivated
	Currency        Currency
	Amount          Money // nothing: the buyer chooses from Least to Most
	Least, Most     Money // nothing when the amount is fixed
	Description     string
	ReferencePrefix string
	SuccessURL      string // empty: buyers stay on their receipt
	CancelURL       string // empty: the link's own page
	PaymentMethods  []string
	PayCurrencies   []Currency // as in Session
	Locale          string
	MaxUses         int   // 0: no limit
	Uses            int   // sessions made from it that are being paid or are paid
	Paid            int   // sessions made from it that are paid
	Takings         Money // what those asked for
	ExpiresAt       time.Time
	CustomFields    []CustomField
	CreatedAt       time.Time
}

// CustomField is one thing to ask the buyer; the answer becomes metadata of the
// session.
type CustomField struct {
	Key       string `json:"key"`
	Label     string `json:"label"`
	Required  bool   `json:"required"`
	MaxLength int    `json:"max_length"` // characters
}

// LinkQuery selects links of one merchant and mode.
type LinkQuery struct {
	ListPart
	Active *bool // nil: all
}

// LinkChoice is what a buyer gives on a link's page.
type LinkChoice struct {
	Amount  string            // decimal text; ignored when the amount is fixed
	Fields  map[string]string // by key
	Visitor string            // who chooses, if that is known: the same choice again gives the same session
}

// LinkStore keeps payment links. A link's uses change in the transaction that
// changes Session.HoldsUse, in Store.Update: ErrLinkSoldOut and ErrLinkHeld are
// its errors then.
type LinkStore interface {
	InsertLink(ctx context.Context, link Link) (Link, error)
	Link(ctx context.Context, id string) (Link, error)
	DeactivateLink(ctx context.Context, id string) (Link, error)
	ActivateLink(ctx context.Context, id string) (Link, error)

	// UpdateLink lets change alter a link, in one transaction.
	UpdateLink(ctx context.Context, id string, change func(*Link) error) (Link, error)

	// InsertLinkSession stores a session of a link that is still offered, else
	// it is ErrLinkEnded or ErrLinkSoldOut. It takes no use. An open session of the same visitor for
	// the same is returned instead.
	InsertLinkSession(ctx context.Context, session Session, visitor string) (Session, error)

	// VisitorSession finds a visitor's newest open session of a link.
	VisitorSession(ctx context.Context, linkID, visitor string, now time.Time) (Session, error)
}

// The errors of opening a link.
var (
	ErrLinkEnded      = &Error{Kind: KindConflict, Code: "link_ended", Detail: "This payment link is not active any more."}
	ErrNothingPayable = &Error{Kind: KindConflict, Code: "nothing_payable", Param: "amount", Detail: "There is no way to pay this amount here."}
	ErrLinkSoldOut    = &Error{Kind: KindConflict, Code: "link_sold_out", Detail: "Every use of this payment link is taken."}
)

const linkPrefix = "pl_"

// amounts are what of a link's money is known to be asked: its amount, or the
// ends between which the buyer chooses.
func (l Link) amounts() (amounts []Money) {
	for _, amount := range []Money{l.Amount, l.Least, l.Most} {
		if amount.Minor > 0 && !slices.Contains(amounts, amount) {
			amounts = append(amounts, amount)
		}
	}
	return amounts
}

// Ended reports whether nothing can be started on the link any more.
func (l Link) Ended(now time.Time) bool {
	return !l.Active || (!l.ExpiresAt.IsZero() && !now.Before(l.ExpiresAt))
}

// Limited reports whether the link's uses or its time are limited.
func (l Link) Limited() bool { return l.MaxUses > 0 || !l.ExpiresAt.IsZero() }

// SoldOut reports whether every use is taken now.
func (l Link) SoldOut() bool { return l.MaxUses > 0 && l.Uses >= l.MaxUses }

// Same reports whether two sessions of a link are for the same.
func (s Session) Same(other Session) bool {
	return s.LinkID == other.LinkID && s.Amount == other.Amount && sameMetadata(s, other)
}

// PublicLink is a payment link as merchants see it.
type PublicLink struct {
	ID              string        `json:"id"`
	Object          string        `json:"object"` // "payment_link"
	URL             string        `json:"url"`
	Mode            Mode          `json:"mode"`
	Active          bool          `json:"active"`
	Amount          *string       `json:"amount"`
	AmountMin       *string       `json:"amount_min"`
	AmountMax       *string       `json:"amount_max"`
	Currency        Currency      `json:"currency"`
	Description     string        `json:"description"`
	ReferencePrefix string        `json:"reference_prefix"`
	SuccessURL      *string       `json:"success_url"`
	CancelURL       *string       `json:"cancel_url"`
	PaymentMethods  []string      `json:"payment_methods"` // null: all that the merchant has
	PayCurrencies   []Currency    `json:"pay_currencies"`  // null: as the merchant's settings say
	Locale          *string       `json:"locale"`
	MaxUses         *int          `json:"max_uses"`
	Uses            int           `json:"uses"`
	ExpiresAt       *time.Time    `json:"expires_at"`
	CustomFields    []CustomField `json:"custom_fields"`
	CreatedAt       time.Time     `json:"created_at"`
}

// Public shows a link whose page is at url.
func (l Link) Public(url string) PublicLink {
	decimal := func(m Money) *string {
		if m.Minor == 0 {
			return nil
		}
		text := m.Decimal()
		return &text
	}
	return PublicLink{
		ID: l.ID, Object: "payment_link", URL: url, Mode: l.Mode, Active: l.Active,
		Amount: decimal(l.Amount), AmountMin: decimal(l.Least), AmountMax: decimal(l.Most), Currency: l.Currency,
		Description: l.Description, ReferencePrefix: l.ReferencePrefix, SuccessURL: orNull(l.SuccessURL), CancelURL: orNull(l.CancelURL),
		PaymentMethods: methodsOrNull(l.PaymentMethods), PayCurrencies: l.PayCurrencies, Locale: orNull(l.Locale), MaxUses: orNull(l.MaxUses), Uses: l.Uses,
		ExpiresAt: optional(l.ExpiresAt), CustomFields: append([]CustomField{}, l.CustomFields...), CreatedAt: l.CreatedAt,
	}
}
