package dashboard

// Close is the daily close: what was taken on a day, and how it adds up.
type Close struct {
	Page
	Day        string // in full
	DayValue   string // such as 2026-11-29
	FormURL    string
	Before     string // the address of the day before
	After      string // of the day after; empty: it has not begun
	Over       bool   // the day is over, and its figures final
	MadeAt     string
	MadeBy     string
	ListURL    string // of the payments that were recorded on the day
	Currencies []CloseCurrency
	Accounts   []CloseAccount
	CSVURL     string
	XLSXURL    string
	Problem    string // why a form was refused
}

// CloseAccount is a day of an account in one currency. Amounts are empty where nothing is
// known.
type CloseAccount struct {
	ID                                      string
	Account, Currency                       string
	Taken, Refunded, InReview, Fees, Net    string
	BankIn, BankOut, Difference             string
	Differs                                 bool
	Closed                                  bool
	Changed                                 bool // the figures are others by now
	Note, ClosedBy, ClosedAt                string
	Reopened                                []string // what happened before
	CloseURL, AccountID, CurrencyCode, Seen string   // of the form that closes it; empty: none
	ReopenURL                               string   // empty: the viewer may not
}

// CloseCurrency is a close of one currency.
type CloseCurrency struct {
	Currency string
	Methods  []CloseRow
	Sum      CloseRow
	InReview string // what came under review less what was decided
	Reviews  string // how many payments that is
	Received string // Sum.Taken and InReview together
}

// CloseRow is a line of a close.
type CloseRow struct {
	Method               string
	Payments, Refunds    string
	Taken, Refunded, Net string
}

// CloseList is a page of the payments that were recorded on a day.
type CloseList struct {
	Page
	Day      string
	CloseURL string
	Rows     []ClosePayment
	Older    string // the address of the next page; empty: there is none
}

// ClosePayment is one of them.
type ClosePayment struct {
	At, ID, URL, Method, Transaction, Amount string
	State                                    string // of its money, as it counts now: "taken", "review" or "none"
}
