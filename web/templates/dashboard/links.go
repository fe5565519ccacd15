package dashboard

// LinkList is the page of a merchant's payment links.
type LinkList struct {
	Page
	Links   []Link
	Filters []Filter
	NewURL  string // empty: the viewer may not make one
	Newer   string
	Older   string
}

// Link is a payment link.
type Link struct {
	ID          string
	PageURL     string
	URL         string // where it leads buyers
	Description string
	Amount      string // formatted; the bounds where the buyer chooses
	State       string // "active", "paused", "ended" or "sold_out"
	Uses        string // with their most, if there is one
	Paid        string // how often
	Takings     string // formatted
	ExpiresAt   string
	CreatedAt   string
}

// LinkPage is the page of one link.
type LinkPage struct {
	Page
	Link
	May        bool // the viewer may change it
	Reference  string
	SuccessURL string
	CancelURL  string
	Methods    []string // by which it can be paid; empty: by all
	Fields     []string // what the buyer is asked
}
