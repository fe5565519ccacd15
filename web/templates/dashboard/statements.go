package dashboard

// Statements is the list of banks' statements that were imported.
type Statements struct {
	Page
	Accounts  []StatementAccount
	Rows      []Statement
	UploadURL string
	Problem   string // why a file was refused, in English
}

// StatementAccount is an account whose statements can be imported.
type StatementAccount struct {
	ID, Name    string
	Chosen      bool
	Differences string // how many lines need attention
	URL         string // of these lines
}

// Statement is one that was imported.
type Statement struct {
	URL, Account, File, Format, At, By, Days string

	Lines, Added, Bad string // counts
	AnyBad            bool
}

// StatementUpload is the preview of a file.
type StatementUpload struct {
	Page
	Account, File, Format, Days string
	Lines, Bad                  string // counts
	AnyBad                      bool
	Totals                      []StatementTotal
	Rows                        []BankLine
	Left                        []LeftRow
	MoreLeft                    string // how many more rows are left out; empty: none
	Columns                     *Form  // nil: the format has none
	ImportURL                   string // empty: it cannot be read yet
	Map                         string // the columns that are shown, as the import compares them
	ProgressURL                 string // answers how far the import is
	BackURL                     string
	Problem                     string // why the import was refused, in English
}

// StatementTotal is what came in and went out in one currency.
type StatementTotal struct{ In, Out string }

// LeftRow is a row of a file that is not imported.
type LeftRow struct {
	Row, Reason, Text string
	Bad               bool // it may be a movement
}

// BankLine is a line of a statement, or a payment that no line shows.
type BankLine struct {
	Row                   string // in a file that is previewed
	URL, At, Amount       string
	State                 string // as text
	Look                  string // of its chip: "good", "warn" or none
	Reference             string
	Payer, Text           string
	PaymentID, PaymentURL string // empty: it is of no payment
}

// BankLines is a page of lines.
type BankLines struct {
	Page
	Lead      string
	Statement *Statement // nil: of all statements
	Filters   []Filter
	Rows      []BankLine
	Withdraw  *Form // of the statement
	Refused   bool  // the form was sent, and why it did nothing is in it
	Older     string
	BackURL   string
}

// BankLinePage is one line, with the form that explains it.
type BankLinePage struct {
	Page
	BankLine
	How, Hash, Balance         string
	Note, DecidedBy, DecidedAt string // of a line that was explained
	Proposals                  []Proposal
	Form                       *Form // nil: the line needs no explanation
	BackURL                    string
}

// Proposal is a payment that a line may be of.
type Proposal struct{ ID, URL, At, Amount, Reference string }
