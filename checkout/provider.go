package checkout

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"time"
)

// Provider is the port that every payment provider implements. The optional
// ports below declare what more a provider can do; AddressRegistrar and
// ReturnReader (address.go), CardSaver (card.go) and OrderLister (reconcile.go)
// are optional ports too. A provider is safe for concurrent use, keeps no state
// that two replicas could not share, honours the context of each call, and
// limits each call's time itself.
//
// An error has one of three meanings. Refused is a definite refusal, NotStarted
// marks an error after which it is certain that nothing was started (errors.go),
// and any other error means that the outcome is not known.
type Provider interface {
	// Name is the provider's name in settings, URLs and rows, which never changes.
	Name() string

	// Info describes the provider for pages, forms and documentation.
	Info() ProviderInfo

	// CheckSettings reports bad fields of a merchant's settings, each as an
	// *Error whose Param is the field's path inside them. It makes no call.
	CheckSettings(mode Mode, settings json.RawMessage) error

	// Methods returns the methods that a buyer may choose for this amount, in
	// the provider's order; none when nothing applies. With an error, such as
	// ErrMethodsIncomplete, there may be more than those returned.
	Methods(ctx context.Context, account Account, amount Money) ([]Method, error)

	// Payees returns who may get the money of an attempt made with these
	// settings, as a proof names them; the first is the one requested.
	Payees(account Account) ([]string, error)

	// CreatePayment starts an attempt. The payment is stored already, except where
	// ProviderInfo.StartsWithBuyer; the provider knows it by its Reference. When the outcome is not known, Created
	// may come with the error, with the ProviderID and State known so far.
	CreatePayment(ctx context.Context, account Account, start Start) (Created, error)
}

// ProviderInfo describes a provider, so that no other code depends on its name.
type ProviderInfo struct {
	Name     string    // a proper name, the same in every language
	Icon     string    // of its methods without a logo: "khqr", "bank", "wallet" or "card"
	Methods  []string  // the ids of its methods, or what they begin with before a colon
	Reasons  []string  // the reason keys that its answers may give buyers
	Settings []Setting // its settings, in the order in which a form asks for them

	// StartsWithBuyer: CreatePayment starts nothing at the provider, where no money can
	// come before the buyer has seen what it made. The attempt is stored with it.
	StartsWithBuyer bool

	// PersonalFields are the members of its answers that name a person and that
	// other providers do not have, in lower case. Retention blanks them.
	PersonalFields []string

	// ReferenceFields are the members of its answers, in lower case, by which a bank's
	// statement may name a payment, beside the transaction and our reference.
	ReferenceFields []string
}

// Account is a merchant's account at a provider, with the settings that its
// merchant applied, decrypted. It holds secrets: never log it.
type Account struct {
	ID         string
	MerchantID string
	Mode       Mode
	Provider   string
	Settings   json.RawMessage

	SettingsVersion int // the number of these settings, from 1; each change adds 1
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
	SavesCard     bool   // its provider is a CardSaver and can save the card entered
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
	CallbackURL  string // where the provider's server sends its messages
}

// Device is the kind of the buyer's device, for deep links.
type Device string

// The devices.
const (
	DeviceDesktop Device = "desktop"
	DeviceIOS     Device = "ios"
	DeviceAndroid Device = "android"
)

// Created is what a provider returned for a started attempt.
type Created struct {
	ProviderID string          // the provider's id of the attempt: md5, intent, token
	NextAction NextAction      // what the buyer does now
	State      json.RawMessage // what later queries and callbacks need; no secrets
	ExpiresAt  time.Time       // when the provider stops accepting money for it; zero: our own expiry
}

// Verdict is what a provider answers to "was it paid?".
type Verdict string

// The verdicts. The zero value means that it is not known.
const (
	VerdictUnknown    Verdict = ""          // no usable answer; never treated as unpaid
	VerdictPending    Verdict = "pending"   // not yet: the provider knows of no payment
	VerdictProcessing Verdict = "under_way" // the buyer has paid, and the money is on its way to the provider
	VerdictPaid       Verdict = "paid"      // with a Proof
	VerdictFailed     Verdict = "failed"    // a try to pay failed, and no money will come of it
	VerdictClosed     Verdict = "closed"    // the provider accepts no more money for it
)

// Answer is a provider's answer about one payment.
type Answer struct {
	Verdict      Verdict
	Proof        *Proof    // with VerdictPaid
	Code         string    // with VerdictFailed: a reason key for page and merchant; with VerdictPending: that of the buyer's last try, which was declined
	Transaction  string    // with VerdictFailed: the transaction that failed; empty when the provider does not say
	Reason       string    // safe to show to the merchant
	Odd          bool      // with VerdictUnknown: an answer came, but its part about this payment cannot be used
	PauseUntil   time.Time // the provider allows no query of the account before (Retry-After, refused login)
	LimitReached bool      // the provider says that the account has used up its queries of the day
	DailyLimit   int       // with LimitReached: how many queries a day it allows; 0: not known
	QueryAlone   bool      // paid, but the answer to a batch had no proof: a query about this payment alone has one
	Cause        error     // with VerdictUnknown: for the log
}

// ActionFiller returns a payment's next action with the parts that are not stored
// in clear, each time that it is shown.
type ActionFiller interface {
	FillAction(ctx context.Context, account Account, payment Payment) (NextAction, error)
}

// Querier can be queried about a payment.
type Querier interface {
	QueryPayment(ctx context.Context, account Account, payment Payment) Answer
}

// BatchQuerier can be queried about several payments of one account at once. It
// returns the answers in the order of the payments. It is a Querier too, and
// makes no second query by itself: the budget would not count it.
type BatchQuerier interface {
	BatchSize(account Account) int // 1 when this account may not
	QueryPayments(ctx context.Context, account Account, payments []Payment) []Answer
}

// Budgeted limits the queries about one account.
type Budgeted interface {
	Budget(account Account) Budget
}

// Budget limits the queries about an account; zero fields are unlimited.
type Budget struct {
	PerSecond float64
	PerDay    int // in a calendar day of Cambodia
}

// HashChecker can find a transaction by its hash, full or short, which the buyer
// copies from the bank's receipt. The transaction has the payment's amount,
// currency and payee, but nothing proves that it was made for the payment.
type HashChecker interface {
	// IsHash reports whether a text has the form of a hash. It makes no call.
	IsHash(text string) bool

	CheckHash(ctx context.Context, account Account, payment Payment, hash string) Answer
}

// ReferenceChecker is a HashChecker that can also find a transaction by a reference that
// a bank gave it, for accounts whose settings allow it. What it finds proves as little as
// what a hash finds.
type ReferenceChecker interface {
	HashChecker

	// IsReference reports whether a text has the form of a reference. It makes no call.
	IsReference(text string) bool

	// ReferenceKinds returns the kinds of reference that the provider may be queried about
	// now, the likeliest first, and whether the account's settings allow such queries at
	// all. It makes no call.
	ReferenceKinds(account Account) (kinds []string, allowed bool)

	// CheckReference makes one query. The Cause is ErrReferencesRefused when the provider
	// does not take queries of this kind; it is then no kind of the account for a while.
	CheckReference(ctx context.Context, account Account, payment Payment, reference Reference) Answer
}

// Reference names a transaction as a bank does.
type Reference struct {
	Kind string // one of ReferenceKinds
	Text string
}

// CallbackReader reads what a provider's server sends to Addresses.Callback and
// what a buyer's browser brings to Addresses.Return. It verifies the raw bytes, translates them, and has no
// side effect. An error refuses the message.
type CallbackReader interface {
	ReadCallback(account Account, message Message) (Callback, error)
}

// Message is a callback or a return as it arrived.
type Message struct {
	Method      string // "GET" or "POST"
	ContentType string
	Query       url.Values
	Body        []byte
	Return      bool // brought by the buyer's browser
	ReceivedAt  time.Time
}

// Callback is a message that was read. Reference names the payment within the
// account; the URL is not trusted for that. Without an Answer, the message only
// makes the next query due at once. With an Answer, the message itself is the
// proof or, with VerdictUnknown, is genuine but makes no sense. A message about a
// refund has our reference of the refund in Refund instead.
type Callback struct {
	Reference string
	Refund    string
	Answer    *Answer
	Reply     string // what the provider's server is answered when the message is accepted
}

// Closer makes the provider stop accepting money for a payment. VerdictPaid means
// that the buyer paid before.
type Closer interface {
	ClosePayment(ctx context.Context, account Account, payment Payment) Answer
}

// AccountChecker checks with the provider whether an account's settings work. A
// nil error with warnings means that they may.
type AccountChecker interface {
	CheckAccount(ctx context.Context, account Account) (warnings []string, err error)
}

// Vault stores small secrets of an account, such as tokens, encrypted.
type Vault interface {
	Get(ctx context.Context, accountID, name string) (Secret, error) // ErrNotFound when absent
	Put(ctx context.Context, accountID, name string, value Secret) error
	Delete(ctx context.Context, accountID, name string) error // nil when absent

	// Lease gives one process at a time the right to renew a secret, for as long
	// as lasting or until it is released. held reports whether the caller has it.
	Lease(ctx context.Context, accountID, name string, lasting time.Duration) (lease SecretLease, held bool, err error)
}

// SecretLease is the right to renew a secret.
type SecretLease struct {
	// Keep stores the new secret; ErrLeaseLost when another process has the lease
	// by now, whose secret may be newer.
	Keep    func(context.Context, Secret) error
	Release func() // also when it is not held
}

// ErrLeaseLost is the error of a process that was stopped for so long that another
// does its work.
var ErrLeaseLost = errors.New("the lease has ended, and another process has it")

// Refunder can give money back. The order's Reference is new for each refund, so
// that the provider recognises a repeated call. Only from Refund does the error
// Refused mean that the refund will not be made.
type Refunder interface {
	// CanRefund reports whether the provider can refund this payment: not every
	// method of a provider can. It makes no call.
	CanRefund(payment Payment) bool
	Refund(ctx context.Context, account Account, payment Payment, refund RefundOrder) (RefundAnswer, error)
	QueryRefund(ctx context.Context, account Account, payment Payment, refund RefundOrder) (RefundAnswer, error)
}

// RefundOrder is what a provider needs to make a refund.
type RefundOrder struct {
	Reference   string
	Amount      Money
	Reason      string
	CallbackURL string // where the provider's server sends messages about the refund
}

// RefundAnswer is a provider's answer about a refund.
type RefundAnswer struct {
	Verdict    Verdict // VerdictPaid: given back; VerdictPending: under way; VerdictFailed: rejected for good; VerdictClosed: the provider has no such refund
	ProviderID string
	Reason     string
	Raw        json.RawMessage
}
