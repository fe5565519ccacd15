package checkout

// Setting describes one of a provider's settings: what may be in it, and what a
// form needs to ask for it. Cross-checks between settings, and forms that only
// the provider knows, are left to Provider.CheckSettings.
type Setting struct {
	Name      string // its JSON path inside the settings: "base_url", "setting.template"
	Label     string // what a form calls it
	Type      SettingType
	Required  bool     // must not be empty; with a Default it may be left out
	Default   string   // what it is when left out; allowed even outside the bounds
	Min, Max  float64  // bounds of a number, inclusive; both 0: none
	MaxLength int      // most characters of a text or of each text in a list, in UTF-16 units as HTML counts them; 0: no limit
	Lines     bool     // a text of several lines
	Choices   []string // the only values of a text, or of each text in a list; empty: any
	Help      string   // one sentence of plain English
}

// SettingType is what a setting holds.
type SettingType string

// The types of settings, with what they are in JSON.
const (
	SettingText    SettingType = "text"    // a string
	SettingSecret  SettingType = "secret"  // a string that is never shown again
	SettingURL     SettingType = "url"     // an address of the provider, as a string: https in live mode, without query or fragment
	SettingLink    SettingType = "link"    // any other http or https address, as a string
	SettingInteger SettingType = "integer" // a whole number
	SettingDecimal SettingType = "decimal" // a number
	SettingBoolean SettingType = "boolean" // true or false
	SettingList    SettingType = "list"    // a list of strings; a Default has commas between them
)
