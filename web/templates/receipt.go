package templates

import "github.com/a-h/templ"

// ReceiptState is what the page of a receipt says to whoever scans its code.
type ReceiptState string

// The states of a receipt. Only ReceiptPaid reads "paid".
const (
	ReceiptPaid      ReceiptState = "paid"
	ReceiptDuplicate ReceiptState = "duplicate" // paid twice
	ReceiptRefunded  ReceiptState = "refunded"  // paid and fully refunded
	ReceiptReview    ReceiptState = "review"    // money arrived that does not settle the order
	ReceiptChecking  ReceiptState = "checking"  // not confirmed yet
	ReceiptUnpaid    ReceiptState = "unpaid"
)

// ReceiptView is the current state of a purchase, for the buyer to keep and for a
// cashier to check. It contains nothing about the buyer.
type ReceiptView struct {
	Page
	Status    ReceiptState
	Cashier   bool // only the large answer
	Test      bool
	Merchant  Merchant
	Amount    string // formatted with its currency
	Reference string // the merchant's
	CheckedAt string // formatted; when the database was read
	Age       string // how long ago it was paid; empty when long ago
	Receipt   *Receipt
	Address   string // scheme and host of every genuine page of ours
	Links     ReceiptLinks
	// PollSeconds is the delay until the next poll; 0 when the state is final.
	PollSeconds int
}

// ReceiptLinks are the links of a receipt's page.
type ReceiptLinks struct {
	Here  string // the same page, to reload it
	Other string // the cashier's view, or back to the receipt
}

// Age returns how long ago something was, such as "3 min ago": in whole minutes
// below an hour, in whole hours below a day, empty after that.
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

func (r ReceiptView) paid() bool { return r.Status == ReceiptPaid || r.Status == ReceiptDuplicate }

// answer returns the headline: paid, refunded or not paid.
func (r ReceiptView) answer() string {
	switch {
	case r.paid():
		return r.t("receipt.is_paid")
	case r.Status == ReceiptRefunded:
		return r.t("receipt.is_refunded")
	}
	return r.t("receipt.is_unpaid")
}

var receiptTexts = map[ReceiptState]string{
	ReceiptPaid: "receipt.paid_text", ReceiptRefunded: "receipt.refunded_text", ReceiptDuplicate: "receipt.duplicate_text", ReceiptReview: "receipt.review_text",
	ReceiptChecking: "receipt.checking_text", ReceiptUnpaid: "receipt.unpaid_text",
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

// polling returns the attributes that make htmx reload the page; app.js fires
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
