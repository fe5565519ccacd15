package checkout

import (
	"encoding/json"
	"time"
)

// PaymentStatus is where an attempt stands.
type PaymentStatus string

// created → requires_action → processing → succeeded | failed | expired |
// canceled. Statuses only grow stronger; succeeded outranks all.
const (
	PaymentCreated        PaymentStatus = "created"
	PaymentRequiresAction PaymentStatus = "requires_action"
	PaymentProcessing     PaymentStatus = "processing"
	PaymentSucceeded      PaymentStatus = "succeeded"
	PaymentFailed         PaymentStatus = "failed"
	PaymentExpired        PaymentStatus = "expired"
	PaymentCanceled       PaymentStatus = "canceled"
)

var statusRank = map[PaymentStatus]int{
	PaymentCreated: 0, PaymentRequiresAction: 1, PaymentProcessing: 2,
	PaymentFailed: 3, PaymentExpired: 3, PaymentCanceled: 3,
	PaymentSucceeded: 4,
}

// Closed reports whether the attempt is no longer offered.
func (s PaymentStatus) Closed() bool { return statusRank[s] >= statusRank[PaymentFailed] }

// Review says why money needs the merchant's decision.
type Review string

// The reviews.
const (
	ReviewNone      Review = ""
	ReviewLate      Review = "late"      // paid after the session had closed
	ReviewDuplicate Review = "duplicate" // the session was already paid
	ReviewMismatch  Review = "mismatch"  // amount, currency or payee differ
	ReviewClaimed   Review = "claimed"   // found by a transaction hash that the buyer typed: nothing shows that it is for this session
	ReviewContested Review = "contested" // proved, and then put in doubt, or its transaction stands with another payment
	ReviewUnknown   Review = "unknown"   // no known answer for UnknownAfter: the money may or may not be there
)

// Payment is one attempt to pay a session through one provider.
type Payment struct {
	ID              string
	ExtraOf         string // the attempt beside which this money came; empty for an attempt itself
	SessionID       string
	MerchantID      string
	Mode            Mode
	Provider        string    // its name; see Provider
	Method          string    // the id of what the buyer chose; see Method
	AccountID       string    // the merchant's account at the provider
	Reference       string    // our reference at the provider, new for each attempt
	SettingsVersion int       // of the account's settings that it was made by
	Amount          Money     // what is to be paid, in the currency that the buyer chose
	Rate            RateValue // by which Amount was made of the session's price; empty: it is the price
	Status          PaymentStatus
	Review          Review
	FailureCode     string // why it failed, for the page and the merchant; of an open one, why the buyer's last try was declined

	// FailureMessage is what the provider says about the failure, for the
	// merchant alone; empty when it says nothing.
	FailureMessage string

	// Recorded from the provider's answer to CreatePayment.
	ProviderID string          // the provider's id: md5, intent, token
	Payees     []string        // whose money it may become, as the provider names them; the first is who was asked for
	NextAction NextAction      // what the buyer does now
	State      json.RawMessage // whatever the provider needs for its queries

	Proof      *Proof
	RecordedAt time.Time // when its first proof was recorded; zero: none was

	// TransactionLost says that another payment may have the proof's
	// transaction: this payment has no money of its own.
	TransactionLost bool

	Refunded int64           // in the proof's currency: refunds that have succeeded or are pending
	Decision *ReviewDecision // what the merchant decided about the review; nil while it is open

	CreatedAt   time.Time
	ExpiresAt   time.Time
	ClosedAt    time.Time
	CheckedAt   time.Time // when the provider was last asked
	CheckCount  int
	NextCheckAt time.Time // when to ask next; zero: never again
	WatchedAt   time.Time // when a buyer was last seen looking at it
	Doubtful    bool      // the last question got no usable answer
	ReopenedAt  time.Time // when its provider last sent a notice about it
	// UnansweredSince is since when a known answer is owed: since the attempt
	// closed or its last known answer, whichever is later; zero when none is.
	UnansweredSince time.Time
	ReportedPaidAt  time.Time // when the buyer said "I have paid"; zero once answered
	Delayed         bool      // a buyer looks, but no question could be asked for a while: confirmation may take longer
	// FailedChecks is how many questions in a row brought no usable answer.
	FailedChecks int
}

// Lost reports whether an attempt was sent off to its provider without our
// knowing what became of it: the buyer has nothing to pay it by, and yet it may
// be paid.
func (p Payment) Lost() bool {
	watched := !p.NextCheckAt.IsZero() || !p.UnansweredSince.IsZero()
	return p.NextAction.Kind == ActionNone && p.Proof == nil && watched && (p.Doubtful || p.CheckCount > 0)
}

// account is where a payment's money goes, without its settings.
func (p Payment) account() Account {
	return Account{ID: p.AccountID, MerchantID: p.MerchantID, Mode: p.Mode, Provider: p.Provider}
}

// ActionKind says which form of NextAction it is.
type ActionKind string

// The kinds of next action.
const (
	ActionNone     ActionKind = ""
	ActionRedirect ActionKind = "redirect"
	ActionFormPost ActionKind = "form_post"
	ActionQRCode   ActionKind = "qr_code"
)

// NextAction is what the buyer does now: follow URL, post Fields to URL, or
// scan the text QRCode.
type NextAction struct {
	Kind      ActionKind  `json:"kind,omitempty"`
	URL       string      `json:"url,omitempty"`
	Fields    []FormField `json:"fields,omitempty"`
	QRCode    string      `json:"qr_code,omitempty"`
	Payee     string      `json:"payee,omitempty"` // whom a bank's app shows for the QRCode, where the provider knows
	DeepLinks []DeepLink  `json:"deep_links,omitempty"`
}

// FormField is one hidden input of a FormPost, in order.
type FormField struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// DeepLink opens a bank's app on the phone. OS is "ios", "android" or empty
// for both.
type DeepLink struct {
	App string `json:"app"`
	URL string `json:"url"`
	OS  string `json:"os,omitempty"`

	// OneApp says that it is offered beside the general link, and on phones only: it opens
	// App and nothing else, if that is installed.
	OneApp bool `json:"one_app,omitempty"`
}

// Source says where a proof came from.
type Source string

// The sources.
const (
	SourceQuery    Source = "query"    // a query about the payment
	SourceCallback Source = "callback" // a message signed by the provider
	SourceHash     Source = "hash"     // a query about a transaction whose hash the buyer entered
)

// Proof is what a provider said about money it took: never an assumption of
// ours. The raw answer is kept for disputes.
type Proof struct {
	Provider      string          `json:"provider"`
	Source        Source          `json:"source"`
	Reference     string          `json:"reference"`
	Payee         string          `json:"payee"` // who got the money, as the provider names it
	Amount        Money           `json:"-"`
	TransactionID string          `json:"transaction_id"`
	PaidAt        time.Time       `json:"paid_at,omitzero"` // as the provider says; zero when it does not
	SeenAt        time.Time       `json:"seen_at"`
	Raw           json.RawMessage `json:"raw,omitempty"`

	// BankReferences are what a bank may name the payment by; see ProviderInfo.BankReferences.
	BankReferences []string `json:"bank_references,omitempty"`
}
