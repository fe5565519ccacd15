package dashboard

// Records are the reports that compare our payments with the providers' records.
type Records struct {
	Page
	CompareURL string // empty: no account can be compared
	Day        string // in the form
	Failed     []string
	Rows       []RecordsDay
}

// RecordsDay is the report of an account's day.
type RecordsDay struct {
	URL, Day, Account, Means, At                         string
	Matched, Found, Unanswered, Differences, Look, State string // counts; Look is of the state's chip
}

// RecordsReport is one report, with the form that explains its differences.
type RecordsReport struct {
	Page
	RecordsDay
	Lists                          []RecordsList
	Note, ExplainedBy, ExplainedAt string
	Form                           *Form // nil: there is nothing to explain
	BackURL                        string
}

// RecordsList are orders of a report.
type RecordsList struct {
	Title  string
	Theirs bool // the rows have the provider's side
	Rows   []RecordsOrder
}

// RecordsOrder is an order as we have it, or the provider, or both.
type RecordsOrder struct{ Reference, Transaction, Amount, Status, Theirs string }
