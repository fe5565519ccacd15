package dashboard

// Shifts is the list of shifts, with the form that opens one.
type Shifts struct {
	Page
	CounterURL string
	OpenURL    string // of the viewer's open shift; empty: there is none
	Form       ShiftForm
	All        bool // everybody's are listed
	Rows       []ShiftRow
	Older      string // the address of the next page; empty: there is none
}

// ShiftRow is a shift in the list.
type ShiftRow struct {
	URL      string
	Cashier  string
	OpenedAt string
	ClosedAt string // empty: it is open
	Differs  bool   // its counts are not what they should be
}

// ShiftForm is the form of the counts of a shift.
type ShiftForm struct {
	Action  string // empty: there is only the problem to show
	Closing bool   // it closes the shift
	Counts  []CountGroup
	Note    string
	Problem string
	Wrong   string // the name of the field that the problem is about
}

// CountGroup are the counts of one currency.
type CountGroup struct {
	Currency string // "USD" or "KHR"
	Fields   []CountField
}

// CountField is a field of an amount; Text is the key of its label.
type CountField struct{ Name, Text, Value string }

// Shift is a shift: open with the form that closes it, or closed.
type Shift struct {
	Page
	ListURL, CounterURL string
	CloseURL            string // of the form that closes it
	Cashier             string
	OpenedAt            string
	ClosedAt, ClosedBy  string // empty: it is open
	Note                string
	Currencies          []ShiftCurrency
	Form                *ShiftForm
}

// ShiftCurrency is what was counted and taken in one currency.
type ShiftCurrency struct {
	Currency string
	Opening  string // cash at the beginning
	Methods  []ShiftMethod
	Taken    string // by all methods
	Later    string // what came after the close; empty: nothing

	Counted               bool // what follows was
	Cash                  string
	CashSales, OtherSales string // empty: not counted
	CashDifference        ShiftDifference
	OtherDifference       ShiftDifference
}

// ShiftMethod is what was taken by one method.
type ShiftMethod struct{ Name, Taken, Count string }

// ShiftDifference is a difference in words.
type ShiftDifference struct {
	Text    string
	Differs bool
}

func (f ShiftForm) submit() string {
	if f.Closing {
		return "shift.close"
	}
	return "shift.open"
}
