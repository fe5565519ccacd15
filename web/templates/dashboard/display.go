package dashboard

import "strconv"

// DisplaySetting is the cashier's page about the second screen.
type DisplaySetting struct {
	Page
	Action, UnpairURL, CounterURL string
	Address                       string // to open on the second screen
	Code, SVG                     string // once it is made: the code, and the address with it
	PairedAt, Until               string
}

// Pairing is the page on which a second screen asks for its code.
type Pairing struct {
	Page
	Action  string
	Code    string
	Problem string
}

// DisplayState is what a second screen shows.
type DisplayState string

// The states of a second screen.
const (
	DisplayIdle DisplayState = "idle"
	DisplayCode DisplayState = "code"
	DisplayPaid DisplayState = "paid"
)

// Display is a second screen, as the buyer sees it.
type Display struct {
	Page
	Shop  string
	Test  bool
	State DisplayState

	Sale      string // the id of what is sold
	Reference string // of the attempt that its code is of
	Amount    string
	SVG       string

	Shown   string // what is shown, for the poll
	PollURL string
	Seconds int
}

func (d Display) trigger() string { return "every " + strconv.Itoa(d.Seconds) + "s" }
