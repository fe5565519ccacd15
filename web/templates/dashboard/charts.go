package dashboard

// Charts is the page of charts.
type Charts struct {
	Page
	Periods    []Choice
	Currencies []Choice
	Takings    []Chart // empty: nothing was taken in the period
	Providers  *Chart  // nil: no payment was tried
	Sample     string  // of how many payments the providers' figures are
}

// Choice is one of several views of a page.
type Choice struct {
	Text    string
	URL     string
	Current bool
}
