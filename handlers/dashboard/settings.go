package dashboard

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/checkout/users"
	"rieltime/web/static"
	"rieltime/web/templates"
	"rieltime/web/templates/dashboard"
)

// showSettings shows what buyers see of the merchant, and its providers of the mode.
func (s *Server) showSettings(c echo.Context, v viewer) error {
	return s.settingsPage(c, v, http.StatusOK, "")
}

// settingsPage shows the settings, and what was wrong with the picture that was uploaded.
func (s *Server) settingsPage(c echo.Context, v viewer, status int, logoError string) error {
	stored, err := s.store.MerchantSettings(c.Request().Context(), v.merchant.ID)
	if err != nil {
		return err
	}

	of := stored.Merchant
	page := dashboard.SettingsPage{
		Page: s.page(c, v, "settings"), Name: of.Name, LogoURL: of.LogoURL, LogoPath: v.logoPath(), Accent: of.Accent, Contact: of.SupportContact, TermsURL: of.TermsURL,
		ReturnHosts: of.ReturnHosts, FrameHosts: of.FrameHosts, Methods: of.Methods, Late: string(of.LatePayments), FixedTime: of.FixedTime,
		PreviewURL: v.path("/settings/preview"), RatesURL: v.path(ratesRoute),
	}
	for _, currency := range of.Exchange.PayCurrencies {
		page.PayCurrencies = append(page.PayCurrencies, dashboard.T(v.lang, "currency."+string(currency)))
	}
	if v.may(users.ManageSettings) {
		page.EditURL, page.UploadURL, page.LogoError = v.path("/settings/shop"), v.path(logoRoute), logoError
	}

	setDone(c, &page.Page, "shop_saved", "logo_saved", "provider_disabled")

	for _, name := range s.service.ProviderNames() {
		account, has := stored.Modes[v.mode].Account(name)
		provider := dashboard.Provider{Name: s.service.ProviderInfo(name).Name, State: "none"}
		switch {
		case has && account.Enabled:
			provider.State, provider.Register = "enabled", s.addresses(v, name, account)
		case has:
			provider.State = "disabled"
		}

		if page.EditURL != "" {
			provider.URL = providerPath(v, name)
		}

		page.Providers = append(page.Providers, provider)
	}

	return render(c, status, dashboard.SettingsOverview(page))
}

func providerPath(v viewer, name string) string { return v.path("/settings/providers/" + name) }

// addresses are those that the merchant registers with a provider.
func (s *Server) addresses(v viewer, provider string, account checkout.StoredAccount) (all []dashboard.Address) {
	for _, address := range s.service.AddressesToRegister(map[string]string{provider: account.ID}) {
		all = append(all, dashboard.Address{Label: dashboard.T(v.lang, "settings.address."+string(address.Kind)), URL: address.URL})
	}
	return all
}

// versionField is the hidden field with the version of the settings that a form shows.
const versionField = "_version"

func hiddenVersion(version int64) map[string]string {
	return map[string]string{versionField: strconv.FormatInt(version, 10)}
}

// sinceForm are the settings as they were when the form was opened, as far as saving
// needs to know: those stored, with the form's version.
func sinceForm(stored checkout.MerchantSettings, version string) (checkout.MerchantSettings, error) {
	n, err := strconv.ParseInt(version, 10, 64)
	if err != nil || n < 1 {
		return stored, checkout.ErrSettingsChanged
	}
	stored.Version = n
	return stored, nil
}

// showPreview shows an invented order with the look that the address asks for, or the
// merchant's own.
func (s *Server) showPreview(c echo.Context, v viewer) error {
	merchant := templates.Merchant{Name: v.merchant.Name, SupportContact: v.merchant.SupportContact, TermsURL: v.merchant.TermsURL, Accent: v.merchant.Accent}
	for name, into := range map[string]*string{"name": &merchant.Name, "support_contact": &merchant.SupportContact, "accent": &merchant.Accent} {
		if c.QueryParams().Has(name) {
			*into = c.QueryParam(name)
		}
	}
	if asked := c.QueryParams(); !asked.Has("logo_url") || asked.Get("logo_url") == v.merchant.LogoURL { // only a saved one can be loaded
		merchant.LogoURL = v.logoPath()
	}

	lang := v.lang
	if asked := c.QueryParam("lang"); slices.Contains(templates.Languages, asked) {
		lang = asked
	}

	page := templates.Page{Lang: lang, Path: c.Request().URL.RequestURI(), Assets: templates.Assets{CSS: static.URL("app.css"), Theme: static.ThemeURL(merchant.Accent)}}
	return render(c, http.StatusOK, templates.SamplePage(page, merchant))
}
