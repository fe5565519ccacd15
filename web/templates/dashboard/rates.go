package dashboard

// Rates are what a dollar is worth in riel in a mode, with the form of a new rate.
type Rates struct {
	Page
	Current string // "1 USD = 4,050 ៛"; empty: none can be used
	Until   string // of Current
	Trouble string // why none can be used: "missing", "old" or "far_off"; empty: nobody wants one
	Form    Form   // without Action: the viewer may not set rates
	Rows    []RateRow
	BackURL string
}

// RateRow is a rate that was set.
type RateRow struct {
	Value  string
	At     string
	Until  string
	Source string // text "rates.source_<Source>"
	By     string
	FarOff bool // not used: too far from the one before
}
