package khqrcmd

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"rieltime/khqr"
)

// Decode is "khqr decode".
type Decode struct {
	Source
	JSON bool `name:"json" help:"Print JSON."`
}

// Verify is "khqr verify".
type Verify struct {
	Source
	JSON bool `name:"json" help:"Print JSON."`
}

type decodeResult struct {
	Kind               string    `json:"kind,omitempty"`
	Dynamic            bool      `json:"dynamic"`
	Legacy             bool      `json:"legacy"`
	Account            string    `json:"account"`
	AccountInformation string    `json:"account_information,omitempty"`
	MerchantID         string    `json:"merchant_id,omitempty"`
	AcquiringBank      string    `json:"acquiring_bank,omitempty"`
	MerchantName       string    `json:"merchant_name"`
	MerchantCity       string    `json:"merchant_city"`
	CategoryCode       string    `json:"category_code"`
	UnionPay           string    `json:"union_pay,omitempty"`
	Currency           string    `json:"currency"`
	Amount             string    `json:"amount,omitempty"`
	BillNumber         string    `json:"bill_number,omitempty"`
	MobileNumber       string    `json:"mobile_number,omitempty"`
	StoreLabel         string    `json:"store_label,omitempty"`
	TerminalLabel      string    `json:"terminal_label,omitempty"`
	Purpose            string    `json:"purpose,omitempty"`
	Language           string    `json:"language,omitempty"`
	AlternateName      string    `json:"alternate_name,omitempty"`
	AlternateCity      string    `json:"alternate_city,omitempty"`
	Created            string    `json:"created,omitempty"`
	Expires            string    `json:"expires,omitempty"`
	MD5                string    `json:"md5"`
	Valid              bool      `json:"valid"`
	Problems           []problem `json:"problems"`
	Tags               []tag     `json:"tags"`
}

type tag struct {
	ID    string `json:"id"`
	Value string `json:"value"`
	Sub   []tag  `json:"sub,omitempty"`
}

// Help describes the exit status.
func (*Decode) Help() string {
	return "Exit status: 0 for a code that is valid, or only expired or old; 1 for one that is damaged or altered, or not a code. With --json the output is always JSON."
}

// Run prints the fields of a code, valid or not. It returns ErrInvalid for a code that is
// damaged or altered, but not for one that is only expired or old.
func (d *Decode) Run(cmd *Cmd, stdout io.Writer, given *kong.Context) error {
	view, tags, err := d.decode(cmd, given)
	if err != nil {
		return writeJSONError(stdout, d.JSON, err)
	}

	if d.JSON {
		err = writeJSON(stdout, view)
	} else {
		err = writeTable(stdout, view.rows(tags))
	}

	if err == nil && slices.ContainsFunc(view.Problems, isSerious) {
		err = ErrInvalid
	}

	return err
}

func (d *Decode) decode(cmd *Cmd, given *kong.Context) (decodeResult, khqr.Tags, error) {
	text, err := d.read(cmd, given)
	if err != nil {
		return decodeResult{}, nil, err
	}
	code, err := khqr.Decode(text)
	if err != nil {
		return decodeResult{}, nil, err
	}
	tags, err := khqr.Parse(text)
	return newDecodeResult(code, tags, khqr.Verify(text, cmd.now())), tags, err
}

// isSerious reports whether a problem is more than that the code is expired or old.
func isSerious(p problem) bool {
	return p.Code != khqr.KHQRExpired && p.Code != khqr.ExpirationTimestampRequired
}

func newDecodeResult(c *khqr.Code, tags khqr.Tags, found []*khqr.Error) decodeResult {
	return decodeResult{
		Kind: c.Kind.String(), Dynamic: c.Dynamic(), Legacy: c.Legacy(),
		Account: c.Account, AccountInformation: c.AccountInformation, MerchantID: c.MerchantID,
		AcquiringBank: c.AcquiringBank, MerchantName: c.MerchantName, MerchantCity: c.MerchantCity,
		CategoryCode: c.CategoryCode, UnionPay: c.UnionPay, Currency: c.Currency.Name(), Amount: c.Amount,
		BillNumber: c.BillNumber, MobileNumber: c.MobileNumber, StoreLabel: c.StoreLabel,
		TerminalLabel: c.TerminalLabel, Purpose: c.Purpose,
		Language: c.Language, AlternateName: c.AlternateName, AlternateCity: c.AlternateCity,
		Created: formatTime(c.Created), Expires: formatTime(c.Expires),
		MD5: khqr.MD5(c.Raw), Valid: len(found) == 0, Problems: newProblems(found), Tags: tagsOf(tags),
	}
}

func tagsOf(tags khqr.Tags) []tag {
	var all []tag
	for _, t := range tags {
		all = append(all, tag{t.ID, t.Value, tagsOf(t.Sub)})
	}
	return all
}

func (d decodeResult) rows(tags khqr.Tags) []row {
	kind := strings.TrimSpace(map[bool]string{true: "dynamic ", false: "static "}[d.Dynamic] + d.Kind)
	expires := d.Expires
	if d.Legacy {
		expires = "none: an old code"
	}

	amount := ""
	if d.Amount != "" {
		amount = d.Amount + " " + d.Currency
	}

	rows := []row{
		{"Kind", kind}, {"Account", d.Account}, {"Account information", d.AccountInformation},
		{"Merchant id", d.MerchantID}, {"Acquiring bank", d.AcquiringBank},
		{"Merchant name", d.MerchantName}, {"Merchant city", d.MerchantCity}, {"Category code", d.CategoryCode},
		{"UnionPay", d.UnionPay}, {"Currency", d.Currency}, {"Amount", amount},
		{"Bill number", d.BillNumber}, {"Mobile number", d.MobileNumber}, {"Store label", d.StoreLabel},
		{"Terminal label", d.TerminalLabel}, {"Purpose", d.Purpose},
		{"Language", d.Language}, {"Alternate name", d.AlternateName}, {"Alternate city", d.AlternateCity},
		{"Created", d.Created}, {"Expires", expires},
	}

	rows = append(rows, otherTags("", tags)...)
	return append(append(rows, row{"MD5", d.MD5}), verdictRows(d.Problems)...)
}

// otherTags returns rows for the tags that no field shows.
func otherTags(path string, tags khqr.Tags) (rows []row) {
	for _, t := range tags {
		switch below := path + t.ID; {
		case tagKinds[below] == template:
			rows = append(rows, otherTags(below+".", t.Sub)...)
		case tagKinds[below] == "":
			rows = append(rows, row{"Tag " + below, t.Value})
		}
	}
	return rows
}

const (
	template = "template"
	shown    = "shown"
)

// tagKinds maps the paths of the tags that KHQR defines to template or shown.
var tagKinds = func() map[string]string {
	all := map[string]string{}
	for _, id := range strings.Fields("29 30 62 64 99") {
		all[id] = template
	}
	for _, id := range strings.Fields(`00 01 15 52 53 54 58 59 60 63 29.00 29.01 29.02 30.00 30.01 30.02
		62.01 62.02 62.03 62.07 62.08 64.00 64.01 64.02 99.00 99.01`) {
		all[id] = shown
	}
	return all
}()

func verdictRows(problems []problem) []row {
	if len(problems) == 0 {
		return []row{{"Valid", "yes"}}
	}
	rows := []row{{"Valid", "no"}}
	for _, p := range problems {
		rows = append(rows, row{"Problem", p.String()})
	}
	return rows
}

// Help describes the exit status.
func (*Verify) Help() string {
	return "Exit status: 0 for a code that can be paid now; 1 for any other, including an expired one. With --json the output is always JSON."
}

// Run prints whether the code is valid, and returns ErrInvalid if it is not.
func (v *Verify) Run(cmd *Cmd, stdout io.Writer, given *kong.Context) error {
	text, err := v.read(cmd, given)
	if err != nil {
		return writeJSONError(stdout, v.JSON, err)
	}

	problems := newProblems(khqr.Verify(text, cmd.now()))
	valid := len(problems) == 0
	if v.JSON {
		err = writeJSON(stdout, map[string]any{"valid": valid, "problems": problems})
	} else {
		err = writeTable(stdout, verdictRows(problems))
	}

	if err != nil {
		return fmt.Errorf("print: %w", err)
	}
	if !valid {
		return ErrInvalid
	}

	return nil
}
