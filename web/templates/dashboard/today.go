package dashboard

// Today is the first page: what needs attention, and what was taken today.
type Today struct {
	Page
	Day        string // in full
	LastWeek   string // the day of the week before, for the heads of columns
	Updated    string // when the page was made
	URL        string // of this page
	Attention  []Attention
	Currencies []CurrencyTakings
	ChartsURL  string // empty, as CloseURL: the viewer may not go there
	CloseURL   string
}

// Attention is one thing that needs somebody.
type Attention struct {
	ID   string // on the page
	Text string
	URL  string // empty: the viewer may not go there
	Bad  bool   // money may be lost until somebody acts
}

// CurrencyTakings are a day's takings in one currency.
type CurrencyTakings struct {
	Currency string
	Taken    Figure
	LastWeek Figure // taken on the same day of the week before
	Change   string // from then to now, in words
	InReview Figure
	Refunded Figure
	Net      string
	Methods  []MethodTakings
}

// MethodTakings are those of one method.
type MethodTakings struct {
	Method          string
	Taken, LastWeek Figure
}

// Figure is an amount that leads to the payments behind it.
type Figure struct {
	ID     string // on the page
	Amount string
	Count  string // of payments
	URL    string // empty: there are none
}

// TroubledRefunds are the refunds that need somebody.
type TroubledRefunds struct {
	Page
	Rows     []TroubledRefund
	TodayURL string
}

// TroubledRefund is a refund that failed, or of which nobody knows what became.
type TroubledRefund struct {
	At, ID, PaymentID, PaymentURL, Amount string
	Reason                                string // the merchant's
	Failed                                bool
}
