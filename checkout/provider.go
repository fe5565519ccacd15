package checkout

import (
	"context"
	"encoding/json"
	"net/url"
	"time"
)

// Provider is one way for money to arrive. Every provider fills this port; the
// optional ports below say what more it can do. A provider is safe for
// concurrent use, keeps nothing that two replicas could not share, honours the
// context of each call, and bounds each call's time itself.
//
// An error that AsRefused finds is a definite no, one that IsNotStarted finds
// means that nothing was started. Any other error means "don't know".
type Provider interface {
	// Name is the provider's name in settings, URLs and rows, which never changes.
	Name() string

	// Info describes the provider to those that show it.
	Info() ProviderInfo

	// CheckSettings reports bad fields of a merchant's settings, each as an
	// *Error whose Param is the field's path inside them. It calls nobody.
	CheckSettings(mode Mode, settings json.RawMessage) error

	// Methods lists what a buyer may choose for this amount, in the
	// provider's order; none when nothing applies. With an error, such as
	// ErrMethodsIncomplete, there may be more than it lists.
	Methods(ctx context.Context, account Account, amount Money) ([]Method, error)

	// Payees names who may get the money of an attempt that is made by these
	// settings, as a proof will name them; the first is who is asked for.
	Payees(account Account) ([]string, error)

	// CreatePayment starts an attempt. The payment's row exists already; its
	// Reference is what the provider knows it by. With an error that means
	// "don't know", ProviderID and State may tell what is known nonetheless.
	CreatePayment(ctx context.Context, account Account, start Start) (Created, error)
}

// ProviderInfo describes a provider, so that nothing else knows it by name.
type ProviderInfo struct {
	Name     string    // a proper name, the same in every language
	Icon     string    // of its methods without a logo: "khqr", "bank", "wallet" or "card"
	Methods  []string  // what the ids of its methods are, or begin with before a colon
	Reasons  []string  // the reason keys that its answers may give buyers
	Settings []Setting // its settings, in the order in which a form asks for them
}

// Account is a merchant's account at a provider, with the settings that its
// merchant applied, decrypted. It holds secrets: never log it.
type Account struct {
	ID         string
	MerchantID string
	Mode       Mode
	Provider   string
	Settings   json.RawMessage

	SettingsVersion int // counts the settings that it has had, from 1
}

// Method is one choice on the checkout page.
type Method struct {
	ID            string // unique among all providers; see ProviderInfo.Methods
	Provider      string
	Name          string // a proper name, not translated: "ABA PAY"
	LogoURL       string // empty: the page's own drawing
	Icon          string // instead of a drawing with the name's letters, or of ProviderInfo.Icon; empty: none of its own
	Kind          ActionKind
	NeedsCustomer bool   // name, e-mail and phone must be known
	SavesCard     bool   // its provider is a CardSaver and can save the card entered for it
	CardEnding    string // the last digits of the saved card that it pays with; empty: no saved card
	Unavailable   string // reason key; empty when it can be chosen
}

// Start is what a provider needs to start an attempt.
type Start struct {
	Payment      Payment
	MerchantName string
	Description  string
	Locale       string // "km", "en", "zh"
	Customer     Customer
	Device       Device
	SaveCard     bool   // the buyer wants the card saved for Customer.ID
	ReturnURL    string // where the provider sends the buyer back to us
	CallbackURL  string // where the provider's server tells ours
}

// Device is the buyer's, as far as it matters for deep links.
type Device string

// The devices told apart.
const (
	DeviceDesktop Device = "desktop"
	DeviceIOS     Device = "ios"
	DeviceAndroid Device = "android"
)

// Created is what a started attempt gave.
type Created struct {
	ProviderID string          // the provider's id of the attempt: md5, intent, token
	NextAction NextAction      // what the buyer does now
	State      json.RawMessage // what queries and callbacks need later; no secrets
	ExpiresAt  time.Time       // when the provider stops taking it; zero: our own expiry
}

// Verdict is what a provider answers to "was it paid?".
type Verdict string

// The verdicts. The zero value is "don't know".
const (
	VerdictUnknown    Verdict = ""          // no usable answer: never treated as unpaid
	VerdictPending    Verdict = "pending"   // not yet: the provider knows of no payment
	VerdictProcessing Verdict = "under_way" // the buyer has paid, the provider has not got it yet
	VerdictPaid       Verdict = "paid"      // with a Proof
	VerdictFailed     Verdict = "failed"    // it was tried and will not come
	VerdictClosed     Verdict = "closed"    // the provider will take no more money for it
)

// Answer is a provider's answer about one payment.
type Answer struct {
	Verdict      Verdict
	Proof        *Proof    // with Paid
	Code         string    // with Failed: a reason key for page and merchant; with Pending: of the buyer's last try, which was declined
	Transaction  string    // with Failed: which failed; empty when the provider does not say
	Reason       string    // safe to show to the merchant
	Odd          bool      // with Unknown: an answer came, and only what it says of this payment cannot be used
	PauseUntil   time.Time // the provider's own word about the account: no question before (Retry-After, refused login)
	LimitReached bool      // by the provider's word the account's questions of the day are spent
	DailyLimit   int       // with LimitReached: how many they are; 0 unknown
	QueryAlone   bool      // paid, but a list answer brought no proof: a question about this payment alone would
	Cause        error     // for the log, with Unknown
}

// ActionFiller adds to a payment's next action, each time that it is shown,
// what is not stored in clear.
type ActionFiller interface {
	FillAction(ctx context.Context, account Account, payment Payment) (NextAction, error)
}

// Querier can be asked about a payment.
type Querier interface {
	QueryPayment(ctx context.Context, account Account, payment Payment) Answer
}

// BatchQuerier can be asked about several payments of one account in one
// question. Answers come in the order of the payments. It is a Querier too, and
// asks no second question by itself: that would not be in the budget.
type BatchQuerier interface {
	BatchSize(account Account) int // 1 when this account may not
	QueryPayments(ctx context.Context, account Account, payments []Payment) []Answer
}

// Budgeted bounds the questions to one account.
type Budgeted interface {
	Budget(account Account) Budget
}

// Budget of questions to an account; zero fields are unlimited.
type Budget struct {
	PerSecond float64
	PerDay    int // counted by the calendar day of Indochina time
}

// HashChecker can look a transaction up by its hash, full or short, that the
// buyer reads off the bank's receipt. What it finds has the payment's amount,
// currency and payee, but nothing shows that it was made for the payment.
type HashChecker interface {
	// IsHash reports whether a text has the form of a hash. It calls nobody.
	IsHash(text string) bool

	CheckHash(ctx context.Context, account Account, payment Payment, hash string) Answer
}

// CallbackReader understands what a provider's server sends to
// /callbacks/{provider}/{id} and what a buyer's browser brings to
// /return/{provider}/{id}. It verifies the raw bytes, translates, and has no
// side effect. An error means the message is refused.
type CallbackReader interface {
	ReadCallback(account Account, message Message) (Callback, error)
}

// Message is a callback or return as it arrived.
type Message struct {
	Method      string // "GET" or "POST"
	ContentType string
	Query       url.Values
	Body        []byte
	Return      bool // brought by the buyer's browser
	ReceivedAt  time.Time
}

// Callback is a message understood. Reference names the payment within the
// account; the URL does not. With a nil Answer the message only wakes a
// question; with an Answer the message itself was proof, or, Unknown,
// is genuine and makes no sense. A message
// about a refund names that instead: Refund is our reference of it.
type Callback struct {
	Reference string
	Refund    string
	Answer    *Answer
	Reply     string // body of the 200 answer to the provider's server
}

// Closer can make the provider take no more money for a payment. Paid means
// that it was too late.
type Closer interface {
	ClosePayment(ctx context.Context, account Account, payment Payment) Answer
}

// AccountChecker can ask the provider whether an account's settings work. A
// nil error with warnings means they may.
type AccountChecker interface {
	CheckAccount(ctx context.Context, account Account) (warnings []string, err error)
}

// Vault keeps small secrets of an account, such as tokens, encrypted.
type Vault interface {
	Get(ctx context.Context, accountID, name string) (Secret, error) // ErrNotFound when absent
	Put(ctx context.Context, accountID, name string, value Secret) error
	Delete(ctx context.Context, accountID, name string) error // nil when absent

	// Lease gives the right to renew a secret, for as long as lasting or until
	// release, to one process at a time. held reports whether the caller has it;
	// release does nothing when not.
	Lease(ctx context.Context, accountID, name string, lasting time.Duration) (release func(), held bool, err error)
}

// Refunder can give money back. Reference is new for each refund and makes a
// repeated call recognisable. An error that AsRefused finds says, of Refund
// alone, that the refund will not be made.
type Refunder interface {
	// CanRefund reports whether the provider gives money of this payment back:
	// not every method of a provider does. It calls nobody.
	CanRefund(payment Payment) bool
	Refund(ctx context.Context, account Account, payment Payment, refund RefundOrder) (RefundAnswer, error)
	QueryRefund(ctx context.Context, account Account, payment Payment, refund RefundOrder) (RefundAnswer, error)
}

// RefundOrder is what is asked back.
type RefundOrder struct {
	Reference   string
	Amount      Money
	Reason      string
	CallbackURL string // where the provider's server tells ours of the refund
}

// RefundAnswer is what the provider says of a refund.
type RefundAnswer struct {
	Verdict    Verdict // Paid: given back; Pending: under way; Failed: this refund was rejected for good; Closed: it knows of no such refund
	ProviderID string
	Reason     string
	Raw        json.RawMessage
}
