package dashboard

// PaymentsPage is the list of payments.
type PaymentsPage struct {
	Page
	Path       string // of the list, without filters
	Search     string // as it was typed
	Problem    string // why the search is not understood
	Fields     []Field
	FieldsUsed bool // some field beside the search has a value
	Filtered   bool

	Rows          []PaymentRow
	Note          string // that not all was looked at
	Newest, Older string // addresses; empty where there are none

	AsAmount string // the address that searches the Number as an amount; empty: it is no number
	Number   string

	Query string // of the list's address, without its position
	Views string // where a view is saved
	Saved []SavedView

	CSV, XLSX string // addresses of exports; empty without the right
}

// PaymentRow is a payment in a list, or a session without one.
type PaymentRow struct {
	URL       string // of its page
	Time      string
	Reference string
	Amount    string
	Method    string
	State     State
	Customer  string
	Review    string // address of the page with the form open; empty when there is none
	Refund    string // likewise
}

// State is a state with the tone of its chip: "good", "warn", "bad" or none.
type State struct {
	Text string
	Tone string
}

// SavedView is a view above the list.
type SavedView struct {
	Name    string
	URL     string
	Shared  bool
	Current bool
	Delete  string // empty: it is another user's
}
