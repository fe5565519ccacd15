package templates

import "github.com/a-h/templ"

// ReceiptState is what a receipt's own page answers to whoever scans its code.
type ReceiptState string

// The answers. Only LivePaid reads "paid".
const (
	LivePaid      ReceiptState = "paid"
	LiveDuplicate ReceiptState = "duplicate" // paid, and once more
	LiveRefunded  ReceiptState = "refunded"  // paid, and all of it given back
	LiveReview    ReceiptState = "review"    // money arrived that does not settle the order
	LiveChecking  ReceiptState = "checking"  // not confirmed, but it may come yet
	LiveUnpaid    ReceiptState = "unpaid"
)

// ReceiptView is the live state of a purchase, for the buyer to keep and for a
// cashier to check. It holds nothing about the buyer.
type ReceiptView struct {
	Page
	Status    ReceiptState
	Cashier   bool // the large answer alone
	Test      bool
	Merchant  Merchant
	Amount    string // formatted with its currency
	Reference string // the merchant's
	CheckedAt string // formatted; when the database was read
	Age       string // how long ago it was paid; empty when long ago
	Receipt   *Receipt
	Address   string // the scheme and host that every true page of ours has
	Links     ReceiptLinks
	// PollSeconds is how soon the page asks again; 0 when the answer is final.
	PollSeconds int
}

// ReceiptLinks are where a receipt's page leads.
type ReceiptLinks struct {
	Here  string // the same page, to read it again
	Other string // the cashier's view of the receipt, and back
}

// Age is how long ago something was, "3 min ago", in whole minutes below an
// hour and whole hours below a day; empty from then on.
func Age(lang string, minutes int) string {
	switch {
	case minutes < 0 || minutes >= 24*60:
		return ""
	case minutes < 60:
		return T(lang, "receipt.minutes_ago", "count", number(minutes))
	}
	return T(lang, "receipt.hours_ago", "count", number(minutes/60))
}

func (r ReceiptView) page() Page {
	p := r.Page
	if p.Title == "" {
		p.Title = r.title()
	}
	return p
}

func (r ReceiptView) title() string {
	return r.t("page.title", "state", r.answer(), "merchant", r.Merchant.Name)
}

func (r ReceiptView) paid() bool { return r.Status == LivePaid || r.Status == LiveDuplicate }

// answer is the one word that counts.
func (r ReceiptView) answer() string {
	switch {
	case r.paid():
		return r.t("receipt.is_paid")
	case r.Status == LiveRefunded:
		return r.t("receipt.is_refunded")
	}
	return r.t("receipt.is_unpaid")
}

var receiptTexts = map[ReceiptState]string{
	LivePaid: "receipt.paid_text", LiveRefunded: "receipt.refunded_text", LiveDuplicate: "receipt.duplicate_text", LiveReview: "receipt.review_text",
	LiveChecking: "receipt.checking_text", LiveUnpaid: "receipt.unpaid_text",
}

func (r ReceiptView) text() string {
	return r.t(receiptTexts[r.Status], "merchant", r.Merchant.Name)
}

func (r ReceiptView) sign() string {
	if r.paid() {
		return "done"
	}
	return "no"
}

// polling are the attributes that have htmx read the page again; app.js fires
// "poll" as for Status.
func (r ReceiptView) polling() templ.Attributes {
	if r.PollSeconds <= 0 {
		return nil
	}
	return templ.Attributes{
		"hx-get": r.Links.Here, "hx-trigger": Poll{Seconds: r.PollSeconds}.trigger(),
		"hx-select": "#checkout", "hx-swap": "outerHTML",
	}
}
