package dashboard

import (
	"cmp"
	"net/url"
	"strconv"
	"strings"
)

// Page is the frame of a page.
type Page struct {
	Lang  string // "km", "en" or "zh"
	Title string
	Path  string // this page's path and query, for the language links

	CSS, JS string // addresses of the assets

	Refresh int // seconds after which a browser without JavaScript loads the page again; 0: never

	UserName string // empty: nobody is signed in, or not at a merchant
	Role     string
	Merchant string // its name
	Test     bool   // shows test mode's data

	TestURL, LiveURL string // the start pages of the merchant's modes
	Menu             []MenuItem

	Notice *Notice
}

// MenuItem is an entry of the menu; its text is "nav.<Name>".
type MenuItem struct {
	Name    string
	URL     string
	Current bool
}

// Notice is what has just been done, or went wrong.
type Notice struct {
	Problem bool
	Text    string
}

func (p Page) t(key string, args ...string) string { return T(p.Lang, key, args...) }

// languageURL is the address of this page in another language.
func (p Page) languageURL(lang string) string {
	path, query, _ := strings.Cut(p.Path, "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		values = url.Values{}
	}
	values.Set("lang", lang)
	return "/" + strings.TrimLeft(path, `/\`) + "?" + values.Encode()
}

func (p Page) refresh() string { return strconv.Itoa(p.Refresh) }

func (p Page) mode() string {
	if p.Test {
		return "test"
	}
	return "live"
}

// MerchantChoice is a merchant that a user may go to.
type MerchantChoice struct {
	Name             string
	Role             string
	TestURL, LiveURL string
}

// Failure is the page of an error.
type Failure struct {
	Page
	Text      string // safe to show, in English
	NotFound  bool
	RequestID string
}

// RightsTable is who may do what.
type RightsTable struct {
	Page
	Roles  []string
	Rights []RightRow
}

// RightRow says which of the roles have a right.
type RightRow struct {
	Right   string
	Granted []bool // by role
}

// brand is the merchant's name, or ours where no merchant is chosen.
func (p Page) brand() string { return cmp.Or(p.Merchant, "Rieltime") }
