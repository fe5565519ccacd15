package templates

// State is what the checkout page shows. The texts of a state are the catalogue
// keys "state.<state>.title" and "state.<state>.text".
type State string

// The states of a checkout page.
const (
	StateChoosing       State = "choosing"        // the buyer picks a method
	StateQRWaiting      State = "qr_waiting"      // a code is shown, nobody has paid yet
	StateQRExpired      State = "qr_expired"      // the code ran out, the session lives
	StateRedirecting    State = "redirecting"     // a form that submits itself
	StateAtProvider     State = "at_provider"     // the buyer was sent to a provider
	StateChecking       State = "checking"        // the outcome is unknown: do not pay again
	StatePaid           State = "paid"            // confirmed by a proof
	StateFailed         State = "failed"          // the provider declined
	StateLate           State = "late"            // paid after the session had ended
	StateLateCancel     State = "late_cancel"     // paid after the session had been canceled
	StateDuplicate      State = "duplicate"       // paid twice, one payment counts
	StateMismatch       State = "mismatch"        // another amount arrived
	StateOtherCurrency  State = "other_currency"  // money in another currency arrived
	StateOtherPayee     State = "other_payee"     // the amount arrived at another account
	StateClaimed        State = "claimed"         // money arrived, but nothing proves that it was for this purchase
	StateCanceled       State = "canceled"        // canceled by the buyer or the merchant
	StateSessionExpired State = "session_expired" // the session ended unpaid
	StateNotFound       State = "not_found"       // no such session; see ErrorPage
	StateBroken         State = "error"           // an internal error; see ErrorPage
	StateBusy           State = "busy"            // too many requests; see ErrorPage
)

// Assets are the fingerprinted URLs of the files that a page loads; see
// web/static.URL. Empty ones are left out.
type Assets struct {
	CSS   string // app.css
	JS    string // checkout.js: htmx and app.js in one
	HTMX  string // only when JS does not contain htmx
	Theme string // the merchant's accent colour; see web/static.ThemeURL
}

// Page is the data that every page needs.
type Page struct {
	Lang           string // "km", "en" or "zh"; see Languages
	Title          string // empty: made from the state and the merchant
	Path           string // this page's path and query, for the language links
	URL            string // this page's absolute URL, to copy; empty hides the button
	RefreshSeconds int    // delay of the reload without JavaScript; 0 for none
	RefreshURL     string // target of that reload; empty for the same page
	Offline        bool   // shows the notice that app.js shows when offline
	Assets         Assets
	Preview        *Preview // nil: the page says nothing of itself where it is shared
}

// Preview is what chats and networks show of a page whose address is shared, as Open
// Graph tags.
type Preview struct {
	Site        string // who is paid
	Title       string
	Description string
	URL         string
	Image       string // an absolute address; empty: none
}

// tags are the properties with their values; those without one are left out.
func (p Preview) tags() (tags [][2]string) {
	for _, tag := range [][2]string{
		{"og:type", "website"}, {"og:site_name", p.Site}, {"og:title", p.Title}, {"og:description", p.Description},
		{"og:url", p.URL}, {"og:image", p.Image}, {"og:image:alt", p.Site},
	} {
		if tag[1] != "" && (tag[0] != "og:image:alt" || p.Image != "") {
			tags = append(tags, tag)
		}
	}
	return tags
}

// Merchant is who is being paid.
type Merchant struct {
	Name           string
	LogoURL        string // on our own host; empty shows the initial
	SupportContact string // an e-mail address, a phone number, an http(s) URL, or plain text
	TermsURL       string
	Accent         string // "#rrggbb"; used through Assets.Theme
}

// Item is a line of the order.
type Item struct {
	Name     string
	Quantity int    // shown from 2 on
	Amount   string // formatted, for the whole line
}

// Method is a payment method.
type Method struct {
	ID            string // the value posted as "method"
	Name          string // empty: the catalogue's "method.<ID>.name"
	Hint          string // what happens next; empty: "method.<ID>.hint"
	Icon          string // IconKHQR, IconBank, …; empty: a badge with letters of its name
	LogoURL       string // on our own host; app.js replaces the icon with it
	Available     bool
	Why           string // why not to choose it, shown instead of the hint; empty when unavailable: "method.down"
	NeedsCustomer bool   // first asks for name, e-mail and phone
	SavesCard     bool   // offers to save the card for the customer's next order
	CardEnding    string // last digits of the saved card; empty: no saved card
}

// Icons of methods.
const (
	IconKHQR   = "khqr"
	IconBank   = "bank"
	IconWallet = "wallet"
	IconCard   = "card"
)

// Currencies is the choice between currencies that the buyer has.
type Currencies struct {
	Price    string           // what the order asks for, formatted
	Paying   string           // the code of the one that is chosen, which forms post as "currency"
	Also     []string         // the amount in the others than the page's main one, formatted
	Rate     string           // formatted; see FormatRate
	Until    string           // until when the rate holds, formatted; empty when it does not matter any more
	Rounding string           // "up" or "nearest"
	Step     string           // to multiples of what converted amounts are rounded, formatted
	Choices  []CurrencyChoice // where a method is chosen: all
	Others   []CurrencyChoice // at a code: those in which the same method can be paid
}

// CurrencyChoice is a currency that can be chosen.
type CurrencyChoice struct {
	Code    string
	Amount  string // formatted
	URL     string // GET the methods for it
	Current bool
}

// Field is an input of the buyer.
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
	Banks            []Bank // more apps, if the provider names them
	MerchantName     string // as encoded in the code
	Amount           string // formatted without the currency; see FormatNumber
	Currency         string // "USD", "KHR", …
	Reference        string // bill number in the code
	Text             string // the text of the code, to copy
	ExpiresInSeconds int    // by the server's clock
	ExpiresAt        string // formatted; see FormatClock
}

// Bank is a bank app with its deep link.
type Bank struct {
	ID, Name, URL string
}

// Redirect is a provider's page that the buyer opens by a link.
type Redirect struct {
	URL          string
	ProviderName string
}

// App is the app of a bank or wallet that the buyer opens without a code.
type App struct {
	ID, Name string
	URL      string // its deep link; empty on a computer
	PageSVG  string // QR code of this page's URL, when there is no link; from QRSVG; trusted, inlined
}

// FormField is a hidden field of a FormPost.
type FormField struct {
	Name, Value string
}

// FormPost is a provider's page that the buyer opens by a POST.
type FormPost struct {
	Action       string
	Fields       []FormField
	ProviderName string
}

// Receipt describes what was paid. Empty parts are left out.
type Receipt struct {
	PaidAt        string // formatted; see FormatTime
	Refunded      string // what was refunded of it, or is being refunded
	Amount        string // what arrived, when it differs from the session's amount
	Rate          string // by which it, or Riel, was made of that amount, formatted; empty: it was not
	Rounding      string // what rounding added to it; empty: nothing
	Riel          string // the session's amount in riel, where another currency was paid; empty: nobody converted it
	Method        string
	TransactionID string // the provider's
	ShortHash     string // the part of a long transaction hash that bank apps show
	Reference     string // ours at the provider; never an id, which would open the buyer's page
	LiveURL       string // the receipt's page; see ReceiptPage
	LiveSVG       string // QR code of LiveURL, from QRSVG; trusted, inlined
}

// Kind is the severity of a notice.
type Kind string

// Kinds of notices.
const (
	KindInfo    Kind = "info"
	KindWarning Kind = "warning"
	KindProblem Kind = "problem"
)

// Notice is a short message above the page's content; see NewNotice.
type Notice struct {
	Kind Kind
	Text string
}

// Links are the targets of the page's forms and links.
type Links struct {
	PayURL    string // POST method (and name, email, phone, save_card)
	CardURL   string // POST save or remove, with the method
	CheckURL  string // POST, optionally hash
	CancelURL string // POST; empty hides "cancel"
	ChooseURL string // GET "another method"; empty hides it
}

// Limit is the end of the session, while the buyer can still pay.
type Limit struct {
	Until     string // formatted; see FormatUntil
	Near      bool   // near enough to announce
	ExtendURL string // POST: "I need more time"; empty when it cannot be extended
}

// Checkout is the checkout page in one state.
type Checkout struct {
	Page
	SessionID   string
	Merchant    Merchant
	Test        bool // says that no real money moves
	Description string
	Items       []Item
	Reference   string
	Amount      string // formatted with its currency
	Currency    string // "USD", "KHR", …
	Limit       *Limit // nil when it is too late to pay
	State       State
	Reason      string // why it failed: the <code> of the key "reason.<code>" in the catalogue
	Notice      *Notice

	Currencies   *Currencies // nil: there is no choice
	Methods      []Method
	Method       string // ID of the current method, to ask for a new code
	Customer     CustomerFields
	QR           *QRCard
	Redirect     *Redirect
	App          *App
	FormPost     *FormPost
	Receipt      *Receipt
	AskHash      bool   // "I have paid" offers a field for the transaction hash
	AskReference bool   // which takes a bank's reference too
	InApp        bool   // runs inside another app, as far as we can tell: shows how to leave it
	OpenURL      string // this page's absolute URL, when a link can open it in the device's browser (Android)
	Hash         string // the value of that field
	HashOpen     bool   // on a paid page: the field is open
	HashURL      string // GET the page with that field open and without reloads; empty on that page

	ReturnURL     string // the merchant's success or cancel URL, as appropriate
	ReturnSeconds int    // delay until it goes there by itself; 0 for never
	PollURL       string // contains what this page shows, so that the server notices changes
	PollSeconds   int    // 0 when final: no polling
	Links         Links
}

// Poll is the element that htmx polls.
type Poll struct {
	URL     string
	Seconds int // 0 when final
}

// Poll returns the polled element of this page.
func (c Checkout) Poll() Poll {
	return Poll{URL: c.PollURL, Seconds: c.PollSeconds}
}

// Failure is the page of a failed request.
type Failure struct {
	Page
	State     State  // StateNotFound, StateBroken or StateBusy
	RequestID string // shown, for support
	RetryURL  string // "try again"; empty hides it
	Wait      string // for StateBusy: time until the page retries by itself; see FormatWait
}
