package templates

// LinkState is what a payment link's page shows. The texts of a state are the
// catalogue keys "link.<state>.title" and "link.<state>.text".
type LinkState string

// The states of a payment link's page.
const (
	LinkOpen    LinkState = "open"
	LinkSoldOut LinkState = "sold_out" // every use is taken; one may come free
	LinkEnded   LinkState = "ended"    // expired, or deactivated
)

// Link is the page of a payment link.
type Link struct {
	Page
	State       LinkState
	Merchant    Merchant
	Test        bool
	Description string
	Amount      string // formatted with its currency; the bounds where the buyer chooses
	Choose      *Field // the amount, where the buyer chooses it
	Currency    string
	Least, Most string // the bounds, formatted
	Fields      []LinkField
	Notice      *Notice
	ResumeURL   string // the buyer's open session of this link
}

// LinkField is a custom field; it is posted as Name.
type LinkField struct {
	Field
	Name      string
	Label     string
	Required  bool
	MaxLength int
}

// Poster is a payment link printed for a counter, in Khmer and English.
type Poster struct {
	CSS         string // the fingerprinted address of poster.css
	Size        PosterSize
	Merchant    string
	Description string
	Amount      string // formatted; empty where the buyer chooses
	URL         string // as text below the code
	SVG         string // URL as a QR, from QRSVG; trusted, inlined
	Test        bool
}

// PosterSize is a paper size.
type PosterSize string

// The sizes of a poster.
const (
	A4 PosterSize = "A4"
	A6 PosterSize = "A6"
)

func (l Link) page() Page {
	p := l.Page
	if p.Title == "" {
		p.Title = l.t("page.title", "state", l.heading(), "merchant", l.Merchant.Name)
	}
	return p
}

func (l Link) heading() string { return l.t("link." + string(l.State) + ".title") }

func (l Link) text() string {
	return l.t("link."+string(l.State)+".text", "merchant", l.Merchant.Name)
}

// asCheckout is the link as the parts that the checkout page has too know it.
func (l Link) asCheckout() *Checkout {
	return &Checkout{Page: l.Page, Merchant: l.Merchant, Amount: l.Amount, Description: l.Description}
}

// continueLook leaves the first place to what the buyer has begun to pay.
func (l Link) continueLook() string {
	if l.ResumeURL != "" {
		return "secondary"
	}
	return "primary"
}

func (l Link) chooseHint() string {
	return l.t("link.bounds", "least", l.Least, "most", l.Most)
}

// posterSteps are what to do with a poster, in order.
var posterSteps = []string{"poster.step.camera", "poster.step.check", "poster.step.pay"}

// bilingualText is a text in Khmer, then in English.
func bilingualText(key string, args ...string) [2]posterLine {
	return [2]posterLine{{"km", T("km", key, args...)}, {"en", T("en", key, args...)}}
}

type posterLine struct{ lang, text string }

func (p Poster) class() string {
	if p.Size == A6 {
		return "a6"
	}
	return "a4"
}
