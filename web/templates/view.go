package templates

// State is what the checkout page is showing. The texts of a state are the
// catalogue keys "state.<state>.title" and "state.<state>.text".
type State string

// The states of a checkout page.
const (
	Choosing       State = "choosing"        // the buyer picks a method
	QRWaiting      State = "qr_waiting"      // a code is shown, nobody has paid yet
	QRExpired      State = "qr_expired"      // the code ran out, the session lives
	Redirecting    State = "redirecting"     // a FormPost that submits itself
	AtProvider     State = "at_provider"     // the buyer was sent to a provider
	Checking       State = "checking"        // nobody knows yet: don't pay again
	Paid           State = "paid"            // proven
	Failed         State = "failed"          // the provider said no
	Late           State = "late"            // paid after the session had ended
	LateCancel     State = "late_cancel"     // paid after the session had been canceled
	Duplicate      State = "duplicate"       // paid twice, one of them counts
	Mismatch       State = "mismatch"        // another amount arrived
	OtherCurrency  State = "other_currency"  // money in another currency arrived
	OtherPayee     State = "other_payee"     // the amount arrived at another account
	Claimed        State = "claimed"         // money arrived, and nothing shows that it was for this
	Canceled       State = "canceled"        // the buyer or the merchant gave up
	SessionExpired State = "session_expired" // the session ended unpaid
	NotFound       State = "not_found"       // no such session; see ErrorPage
	Broken         State = "error"           // our own failure; see ErrorPage
	Busy           State = "busy"            // too much was asked for at once; see ErrorPage
)

// Assets are the fingerprinted addresses of what a page loads; see
// web/static.URL. Empty ones are left out.
type Assets struct {
	CSS   string // app.css
	JS    string // checkout.js: htmx and app.js in one
	HTMX  string // only where JS does not contain htmx
	Theme string // the merchant's accent colour; see web/static.ThemeURL
}

// Page is what every page needs.
type Page struct {
	Lang           string // "km", "en" or "zh"; see Languages
	Title          string // empty: made from the state and the merchant
	Path           string // this page's path and query, for the language links
	URL            string // this page's whole address, to copy; empty hides that
	RefreshSeconds int    // reload without JavaScript; 0 never
	RefreshURL     string // where that reload goes; empty is the same page
	Offline        bool   // shows what app.js says when the connection is gone
	Assets         Assets
}

// Merchant is who is being paid.
type Merchant struct {
	Name           string
	LogoURL        string // on our own host; empty draws the initial
	SupportContact string // an e-mail address, a phone number, an http(s) URL, or plain text
	TermsURL       string
	Accent         string // "#rrggbb"; used through Assets.Theme
}

// Item is one line of the order.
type Item struct {
	Name     string
	Quantity int    // 1 and less is not shown
	Amount   string // formatted, of the whole line
}

// Method is one way to pay.
type Method struct {
	ID            string // the value posted as "method"
	Name          string // empty: the catalogue's "method.<Icon or ID>.name"
	Hint          string // what happens next; empty: "method.<Icon or ID>.hint"
	Icon          string // IconKHQR, IconBank, …; empty: chosen by ID
	LogoURL       string // on our own host; app.js puts it in the icon's place
	Available     bool
	Why           string // shown in place of the hint: why not to choose it; empty when not available: "method.down"
	NeedsCustomer bool   // asks for name, e-mail and phone first
	SavesCard     bool   // offers to save the card for the customer's next order
	CardEnding    string // the last digits of the saved card that it pays with; empty: no saved card
}

// Icons of methods, our own drawings.
const (
	IconKHQR   = "khqr"
	IconBank   = "bank"
	IconWallet = "wallet"
	IconCard   = "card"
)

// Field is one input of the buyer.
type Field struct {
	Value string
	Error string // text; use T with "field.<name>.missing" or "field.<name>.invalid"
}

// CustomerFields are posted as name, email and phone beside "method".
type CustomerFields struct {
	Method             string // the method whose form is open, after an error
	Name, Email, Phone Field
}

// QRCard is the KHQR shown to the buyer.
type QRCard struct {
	SVG              string // from QRSVG; trusted, inlined
	PNGURL           string // a PNG to save
	DeepLink         string // opens a bank app; http(s) or bakong scheme
	Banks            []Bank // further apps, if the provider knows them
	MerchantName     string // as encoded in the code
	Amount           string // formatted, without the currency; see FormatNumber
	Currency         string // "USD", "KHR"
	Reference        string // bill number in the code
	Text             string // the KHQR itself, to copy
	ExpiresInSeconds int    // from the server's clock
	ExpiresAt        string // formatted; see FormatClock
}

// Bank is a bank app with its own deep link.
type Bank struct {
	ID, Name, URL string
}

// Redirect is a provider's page that the buyer goes to by a link.
type Redirect struct {
	URL          string
	ProviderName string
}

// App is a bank's or wallet's app that the buyer goes to without a code.
type App struct {
	ID, Name string
	URL      string // its deep link; empty on a computer
	PageSVG  string // this page's address as a QR, where there is no link; from QRSVG; trusted, inlined
}

// FormField is one hidden field of a FormPost.
type FormField struct {
	Name, Value string
}

// FormPost is a provider's page that the buyer goes to by a POST.
type FormPost struct {
	Action       string
	Fields       []FormField
	ProviderName string
}

// Receipt says what was paid; empty parts are left out.
type Receipt struct {
	PaidAt        string // formatted; see FormatTime
	Refunded      string // what was given back of it, or is being given back
	Amount        string // what arrived, where it differs from the session's
	Method        string
	TransactionID string // the provider's
	ShortHash     string // the part of a long transaction hash that bank apps show
	Reference     string // ours at the provider; never an id, which would lead to the buyer's page
	LiveURL       string // our own page that proves it; see LivePage
	LiveSVG       string // LiveURL as a QR, from QRSVG; trusted, inlined
}

// Kind is the weight of a notice.
type Kind string

// Kinds of notices.
const (
	Info    Kind = "info"
	Warning Kind = "warning"
	Problem Kind = "problem"
)

// Notice is a short message above the page's content; see NewNotice.
type Notice struct {
	Kind Kind
	Text string
}

// Links are where the page's forms and links go.
type Links struct {
	PayURL    string // POST method (and name, email, phone, save_card)
	CardURL   string // POST save or remove, with the method
	CheckURL  string // POST, optionally hash
	CancelURL string // POST; empty hides "cancel"
	ChooseURL string // GET "another method"; empty hides it
}

// Limit is the session's end, as long as the buyer can pay before it.
type Limit struct {
	Until     string // formatted; see FormatUntil
	Near      bool   // it is announced
	ExtendURL string // POST: "I need more time"; empty where no more is to be had
}

// Checkout is the buyer's page in one state.
type Checkout struct {
	Page
	SessionID   string
	Merchant    Merchant
	Test        bool // shows that no real money moves
	Description string
	Items       []Item
	Reference   string
	Amount      string // formatted with its currency
	Currency    string // "USD", "KHR"
	Limit       *Limit // when there is still time to pay
	State       State
	Reason      string // why it failed: a code, "reason.<code>" in the catalogue
	Notice      *Notice

	Methods  []Method
	Method   string // ID of the method under way, to ask for a new code
	Customer CustomerFields
	QR       *QRCard
	Redirect *Redirect
	App      *App
	FormPost *FormPost
	Receipt  *Receipt
	AskHash  bool   // "I have paid" offers a field for the transaction hash
	InApp    bool   // it is shown inside another app, as far as that says so: hints how to leave it
	OpenURL  string // this page's whole address, where a link may take it to the device's own browser (Android)
	Hash     string // what was typed into that field
	HashOpen bool   // of a paid page: the field is open
	HashURL  string // GET the page with that field open and without reloads; empty: it is that

	ReturnURL     string // the merchant's success or cancel URL, whichever fits
	ReturnSeconds int    // go there by itself after this long; 0 never
	PollURL       string // carries what this page shows, so the server can tell a change
	PollSeconds   int    // 0 when final: no polling
	Links         Links
}

// Poll is the small element that htmx polls.
type Poll struct {
	URL     string
	Seconds int // 0 when final
}

// Poll is the polled element of this page.
func (c Checkout) Poll() Poll {
	return Poll{URL: c.PollURL, Seconds: c.PollSeconds}
}

// Failure is a page for a request that cannot be answered.
type Failure struct {
	Page
	State     State  // NotFound, Broken or Busy
	RequestID string // shown, for support
	RetryURL  string // "try again"; empty hides it
	Wait      string // of Busy: until the page tries again by itself; see FormatWait
}
