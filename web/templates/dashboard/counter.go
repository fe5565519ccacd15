package dashboard

import "strconv"

// Counter is the page with the keypad.
type Counter struct {
	Page
	Action string
	Key    string // of the form: one that is sent twice makes one sale

	Amount, Note, Life string   // as typed
	Lives              []string // how long a sale can be paid, in minutes

	Problem          string
	AmountProblem    string
	ProblemInEnglish string

	Live CounterLive
}

// CounterLive is the part of the counter that is kept up to date.
type CounterLive struct {
	Page
	CounterURL  string
	ReceivedURL string // of the page that has it alone
	PollURL     string
	Shown       string // what is shown, for the poll

	Lately, Before []ReceivedRow // what came by links and posters within the last minute, and before

	Today []string // what the viewer's sales took today, one amount for each currency
	Sales []SaleRow

	DisplayURL string // where a second screen is paired
	ShiftsURL  string
	ShiftURL   string // of the viewer's open shift; empty: there is none
	ShiftSince string
}

// ReceivedRow is money that came by a link or a poster.
type ReceivedRow struct {
	At, Amount, Note string
	URL              string // empty: the viewer may not go there
	Attention        bool
}

// unfolded reports whether something is in the fields that are folded away.
func (c Counter) unfolded() bool {
	return c.Note != "" || c.Life != "" && c.Life != c.Lives[0] || c.ProblemInEnglish != ""
}

// keys are those of the keypad.
var keys = []string{"7", "8", "9", "4", "5", "6", "1", "2", "3", ".", "0", "000"}

// SaleRow is a sale in a list.
type SaleRow struct {
	URL       string
	At        string
	Amount    string
	Note      string
	State     string // a text "session.<State>"
	Attention bool
}

// SaleState is how a sale stands.
type SaleState string

// The states of a sale.
const (
	SaleCode      SaleState = "code"      // its code can be scanned
	SaleCodeOver  SaleState = "code_over" // its code cannot be scanned any more
	SaleNoCode    SaleState = "no_code"   // there is none: the buyer can pay by the link
	SaleElsewhere SaleState = "elsewhere" // the buyer pays another way
	SalePaid      SaleState = "paid"
	SaleClosed    SaleState = "closed" // it cannot be paid any more
)

// Sale is the page that shows a sale to the cashier and its code to the buyer.
type Sale struct {
	Page
	ID      string
	URL     string
	NextURL string

	State    SaleState
	Amount   string
	Note     string
	Sentence string // what the cashier does about money that does not fit; empty: nothing
	SVG      string // the code; where there is none, that of the link
	Until    string // when the sale ends
	PaidAt   string

	LinkURL     string // the buyer's page
	TelegramURL string // sends the link by Telegram
	PictureURL  string // the code as a picture; empty: there is none
	PurchaseURL string // empty: the viewer may not go there

	Shown       string // what of the sale is shown, for the poll
	PollURL     string // empty: nothing changes any more
	PollSeconds int
}

func (s Sale) trigger() string { return "every " + strconv.Itoa(s.PollSeconds) + "s" }

func (s Sale) open() bool { return s.State != SalePaid && s.State != SaleClosed }
