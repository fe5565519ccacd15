package bakong

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"rieltime/checkout"
	"rieltime/providers/settings"
)

// bankApp is a bank's app that a button of its own opens.
type bankApp struct {
	name    string // as the button shows it
	pattern string // the address that opens it, with codePlaceholder; empty: none is publicly known
	source  string // where the pattern is published, and for which codes
}

// codePlaceholder is where a pattern has the escaped text of the code.
const codePlaceholder = "{khqr}"

// bankApps are the apps that the setting bank_apps can name. Of those without a pattern, no
// public document of the bank gives one, and what others publish disagrees: the merchant's
// bank may tell it.
var bankApps = []bankApp{
	{name: "ABA", pattern: "abamobilebank://ababank.com?type=payway&qrcode=" + codePlaceholder,
		source: "PayWay, QR API, abapay_deeplink of the answer, for codes that PayWay makes: https://developer.payway.com.kh/qr-api-14530840e0"},
	{name: "ACLEDA"},
	{name: "Canadia"},
	{name: "Chip Mong"},
	{name: "Prince"},
	{name: "Sathapana"},
	{name: "Wing"},
}

// Bounds of the setting bank_apps.
const (
	maxBankApps    = 6
	maxBankAppName = 24
	maxBankAppLine = 240
)

var (
	bankAppName = regexp.MustCompile(`^[\p{L}\p{M}\p{N}][\p{L}\p{M}\p{N} .&+-]*$`)

	// appAddress is a pattern without its placeholder: a scheme, a host, perhaps a path and
	// a query, and nothing that would need to be escaped.
	appAddress = regexp.MustCompile(`^([a-z][a-z0-9+.-]{1,31})://[A-Za-z0-9][A-Za-z0-9.-]*(?:/[A-Za-z0-9._~/-]*)?(?:\?[A-Za-z0-9._~=&-]*)?$`)
)

// browserSchemes are those that a browser runs, reads or shows itself. Of web addresses
// only https may open an app.
var browserSchemes = []string{
	"about", "android-app", "blob", "chrome", "content", "data", "file", "filesystem", "ftp",
	"http", "intent", "javascript", "vbscript", "view-source", "ws", "wss",
}

// readBankApp reads an item of the setting bank_apps: a name of the table, or any name, an
// equals sign and a pattern.
func readBankApp(item string) (bankApp, error) {
	name, pattern, own := strings.Cut(item, "=")
	name = strings.TrimSpace(name)
	if !bankAppName.MatchString(name) || len([]rune(name)) > maxBankAppName {
		return bankApp{}, fmt.Errorf("must begin with the app's name, of at most %d letters and digits", maxBankAppName)
	}
	if own {
		app := bankApp{name: name, pattern: strings.TrimSpace(pattern)}
		return app, checkPattern(app.pattern)
	}

	at := slices.IndexFunc(bankApps, func(app bankApp) bool { return strings.EqualFold(app.name, name) })
	if at < 0 || bankApps[at].pattern == "" {
		return bankApp{}, fmt.Errorf("must have the address that opens the app, which is not publicly known, such as %s=scheme://host?code=%s", name, codePlaceholder)
	}
	return bankApps[at], nil
}

// checkPattern checks the address that opens an app.
func checkPattern(pattern string) error {
	before, after, found := strings.Cut(pattern, codePlaceholder)
	if !found || strings.Contains(after, codePlaceholder) {
		return fmt.Errorf("must have %s once in its address", codePlaceholder)
	}
	parts := appAddress.FindStringSubmatch(before + after)
	_, rest, _ := strings.Cut(before, "://")
	if parts == nil || !strings.ContainsAny(rest, "/?") {
		return fmt.Errorf("must have an address such as scheme://host?code=%s", codePlaceholder)
	}
	if slices.Contains(browserSchemes, parts[1]) {
		return fmt.Errorf("must not have an address of the scheme %s", parts[1])
	}
	return nil
}

// checkBankApps checks the setting bank_apps.
func checkBankApps(s Settings) error {
	if len(s.BankApps) > maxBankApps {
		return settings.Invalid("bank_apps", "must have at most %d apps.", maxBankApps)
	}

	var names []string
	for i, item := range s.BankApps {
		app, err := readBankApp(item)
		name := strings.ToLower(app.name)
		switch {
		case err != nil:
			return settings.Invalid(indexed("bank_apps", i), "%v.", err)
		case slices.Contains(names, name):
			return settings.Invalid(indexed("bank_apps", i), "must not have the name of another app.")
		}
		names = append(names, name)
	}

	return nil
}

// bankLinks are the links that each open a code in one bank's app. Items that the rules
// refuse by now are left out.
func bankLinks(s Settings, qr string) (links []checkout.DeepLink) {
	// Apps do not agree on "+" for a blank.
	code := strings.ReplaceAll(url.QueryEscape(qr), "+", "%20")
	for _, item := range s.BankApps {
		if app, err := readBankApp(item); err == nil {
			links = append(links, checkout.DeepLink{App: app.name, URL: strings.Replace(app.pattern, codePlaceholder, code, 1), OneApp: true})
		}
	}
	return links
}

// bankAppsWarning names the buttons that nothing here can try.
func bankAppsWarning(s Settings) []string {
	var names []string
	for _, item := range s.BankApps {
		app, err := readBankApp(item)
		switch {
		case err != nil:
		case app.source != "":
			names = append(names, app.name+" (published for other codes: "+app.source+")")
		default:
			names = append(names, app.name+" (its address is from bank_apps)")
		}
	}
	if len(names) == 0 {
		return nil
	}
	return []string{"On phones, buttons open the apps of " + strings.Join(names, ", ") + ". Try each with a code of this account: where one does not open the app with the code, take it out of bank_apps."}
}
