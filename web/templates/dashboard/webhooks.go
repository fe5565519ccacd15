package dashboard

import "strconv"

// EndpointList is the page of a merchant's webhook endpoints.
type EndpointList struct {
	Page
	Endpoints []Endpoint
	NewURL    string // empty: the viewer may not make one
	LogURL    string // of the live log; empty in live mode
}

// Endpoint is a webhook endpoint.
type Endpoint struct {
	ID            string
	URL           string // where it delivers to
	PageURL       string
	Description   string
	Events        []string
	Disabled      string // why: a key "endpoint.disabled.<reason>"; empty: it is enabled
	FailingSince  string
	PreviousUntil string // until when the secret before signs too; empty: it does not
	CreatedAt     string
}

// EndpointPage is the page of one endpoint with its deliveries.
type EndpointPage struct {
	Page
	Endpoint
	May        bool // the viewer may change it
	Path       string
	Filters    []Filter
	Deliveries []DeliveryRow
	Newer      string
	Older      string
	Range      Form // resends the events of a time
}

// Filter is a link that shows a part of a list.
type Filter struct {
	Text    string
	URL     string
	Current bool
}

// DeliveryRow is a delivery in a list.
type DeliveryRow struct {
	Event    string // its type
	URL      string
	Status   string // "pending", "delivered" or "failed"
	Attempts int
	Outcome  string // of the last attempt, in English
	NextAt   string
	At       string
}

// DeliveryPage is one delivery: what was sent, and what was answered.
type DeliveryPage struct {
	Page
	DeliveryRow
	ID          string
	EventID     string
	Endpoint    Endpoint
	May         bool
	ResendURL   string
	Body        string // what is sent, indented; empty when it is not kept any more
	AllAttempts []Attempt
}

// Attempt is one attempt of a delivery.
type Attempt struct {
	At        string
	Status    int // of the answer; 0: none came
	Took      string
	Answer    string
	Error     string // in English
	Delivered bool
}

func (a Attempt) status() string {
	if a.Status == 0 {
		return "–"
	}
	return strconv.Itoa(a.Status)
}

// FormPage is a page that is a form.
type FormPage struct {
	Page
	Lead string
	Form Form
}

// SecretPage shows secrets that have just been made.
type SecretPage struct {
	Page
	Label   string
	Secret  string // empty: it has been shown already
	Facts   []Fact
	NextURL string
}

func (s SecretPage) next() string {
	if s.Secret == "" {
		return s.t("form.back")
	}
	return s.t("secret.next")
}

// Fact is a line of a description.
type Fact struct{ Name, Text string }

// LogPage is the live log of events.
type LogPage struct {
	Page
	Events  []LogEvent
	PollURL string // of what comes after them
	HereURL string // of this page
}

// LogEvent is an event in the live log.
type LogEvent struct {
	Sequence int64
	Type     string
	ID       string
	At       string
	Body     string // JSON, indented
}

func statusLook(status string) string {
	switch status {
	case "delivered":
		return "good"
	case "failed":
		return "bad"
	}
	return ""
}
