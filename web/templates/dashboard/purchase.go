package dashboard

// PurchasePage is a session with all that happened about it, and one of its payments in
// front.
type PurchasePage struct {
	Page
	Reference string
	Session   Session
	Payment   *Payment // nil: nobody has tried to pay
	Others    []PaymentRow
	Refund    *OpenForm // nil: there is nothing to give back, or not by this viewer
	Review    *OpenForm
	Steps     []Step
	Audit     []AuditRow
}

// OpenForm is a form that is folded unless it is Open.
type OpenForm struct {
	Form
	Open bool
}

// Session is a purchase as its page shows it. What is not known is empty.
type Session struct {
	ID, State, Amount, Description string
	CreatedAt, ExpiresAt, ClosedAt string
	Name, Email, Phone, CustomerID string
	LinkID, PageURL, ReceiptURL    string
	CloseURL, ExtendURL            string // of forms; empty: it cannot be done
	Claims                         []Claim
}

// Claim is a transaction that the buyer named and that could not be looked up yet.
type Claim struct {
	Text, KeptAt, NextAt string
}

// Payment is an attempt as its page shows it. What is not known is empty.
type Payment struct {
	ID                              string
	State                           State
	Amount, Received, Refunded      string
	Rate                            string // by which Amount was made of the price; empty: it is the price
	Method, Reference, ProviderID   string
	Transaction                     string
	Failure                         string // in English
	Queries, QueriedAt, NextQueryAt string
	QueryURL                        string // of the form that queries the provider now; empty: it is not watched
}

// Step is something that happened.
type Step struct {
	At         string
	Text       string
	Code       string // an id
	CodeURL    string
	Note       string
	Raw        string // JSON, of a provider's answer or an event
	Deliveries []StoryDelivery
	ResendURL  string
}

// StoryDelivery is a delivery of an event with what was answered.
type StoryDelivery struct {
	DeliveryRow
	ID      string
	Answers []Attempt
}

// AuditRow says who did what.
type AuditRow struct {
	At, Who, What, Object, Detail string
}
