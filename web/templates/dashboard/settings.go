package dashboard

// SettingsPage is what is set up of a merchant.
type SettingsPage struct {
	Page
	Name, LogoURL, Accent, Contact, TermsURL string
	LogoPath                                 string // where the page loads the logo from; empty: there is none
	ReturnHosts, FrameHosts, Methods         []string
	Late                                     string // "review" or "accept"
	FixedTime                                bool
	PayCurrencies                            []string // their names

	RatesURL   string
	EditURL    string // empty: the viewer may not change it
	UploadURL  string // of a logo, as EditURL
	LogoError  string // in English
	PreviewURL string
	Providers  []Provider // of the mode
}

// Provider is a provider as the merchant has it in a mode.
type Provider struct {
	Name     string
	State    string // "enabled", "disabled" or "none"
	URL      string // of its form; empty: the viewer may not change it
	Register []Address
}

// Address is one to register with a provider.
type Address struct{ Label, URL string }

// ProviderPage is the form of a provider's settings.
type ProviderPage struct {
	Page
	Provider   string
	Enabled    bool
	Form       Form
	Warnings   []string // of the provider, in English
	Register   []Address
	DisableURL string
}

func (p Provider) look() string {
	if p.State == "enabled" {
		return "good"
	}
	return ""
}
