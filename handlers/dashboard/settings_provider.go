package dashboard

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/web/templates/dashboard"
)

// providerSettings are what the forms of one provider are about.
type providerSettings struct {
	name    string
	info    checkout.ProviderInfo
	stored  checkout.MerchantSettings
	account checkout.StoredAccount // empty: there is none yet
}

// loadProvider loads the merchant's settings at the provider of the path.
func (s *Server) loadProvider(c echo.Context, v viewer) (p providerSettings, err error) {
	p.name = c.Param("provider")
	provider := s.service.Provider(p.name)
	if provider == nil {
		return p, checkout.ErrNotFound
	}

	p.info = provider.Info()
	p.stored, err = s.store.MerchantSettings(c.Request().Context(), v.merchant.ID)
	p.account, _ = p.stored.Modes[v.mode].Account(p.name)
	return p, err
}

// showProvider shows the form of a provider's settings.
func (s *Server) showProvider(c echo.Context, v viewer) error {
	p, err := s.loadProvider(c, v)
	if err != nil {
		return err
	}
	return s.providerPage(c, v, p, providerView{version: p.stored.Version})
}

// providerView is what a provider's page shows besides what is stored.
type providerView struct {
	posted   url.Values // nil: what is stored
	version  int64
	wrong    error // why the form was refused
	warnings []string
	saved    bool
}

func (s *Server) providerPage(c echo.Context, v viewer, p providerSettings, view providerView) error {
	fields, err := settingFields(v, p.info.Settings, p.account.Settings, view.posted)
	if err != nil {
		return err
	}

	form := dashboard.Form{
		Action: providerPath(v, p.name), Back: v.path("/settings"), Submit: dashboard.T(v.lang, "settings.check_and_save"),
		Fields: fields, Hidden: hiddenVersion(view.version),
	}
	if view.posted != nil {
		form.Hidden[versionField] = view.posted.Get(versionField)
	}

	status := http.StatusOK
	if view.wrong != nil {
		if status, err = refused(&form, inForm(view.wrong, string(v.mode)+".providers."+p.name)); err != nil {
			return err
		}
	}

	page := dashboard.ProviderPage{
		Page: s.titled(c, v, "settings", "nav.settings"), Provider: p.info.Name, Enabled: p.account.Enabled, Form: form,
		Warnings: view.warnings, DisableURL: providerPath(v, p.name) + "/disable",
	}

	page.Title = p.info.Name
	if p.account.Enabled {
		page.Register = s.addresses(v, p.name, p.account)
	}

	if view.saved {
		page.Notice = &dashboard.Notice{Text: dashboard.T(v.lang, "done.provider_saved")}
	}

	return render(c, status, dashboard.OneProviderPage(page))
}

// inForm takes the path of a provider's settings from the paths of errors, so that they
// name the form's fields.
func inForm(err error, path string) error {
	var moved []error
	for _, wrong := range checkout.AllErrors(err) {
		one := *wrong
		one.Param = strings.TrimPrefix(strings.TrimPrefix(one.Param, path), ".")
		moved = append(moved, &one)
	}
	if moved == nil {
		return err
	}
	return errors.Join(moved...)
}

// saveProvider checks a provider's settings with the provider, stores and enables them.
func (s *Server) saveProvider(c echo.Context, v viewer) error {
	p, err := s.loadProvider(c, v)
	if err != nil {
		return err
	}

	values, err := readForm(c)
	if err != nil {
		return err
	}

	var applied checkout.Applied
	merged, err := mergeSettings(p.info.Settings, p.account.Settings, values)
	if err == nil {
		applied, err = s.saveMode(v.context(c), v, p, values.Get(versionField), merged)
	}

	if err != nil {
		return s.providerPage(c, v, p, providerView{posted: values, wrong: err})
	}

	// Nothing secret is shown, so that the page of the form that was sent may say what the
	// provider warned of, and what is to be done next.
	if p, err = s.loadProvider(c, v); err != nil {
		return err
	}

	return s.providerPage(c, v, p, providerView{version: p.stored.Version, warnings: applied.Warnings, saved: true})
}

// disableProvider ends the offering of a provider. Its settings are kept, and payments
// that were begun go on.
func (s *Server) disableProvider(c echo.Context, v viewer) error {
	p, err := s.loadProvider(c, v)
	if err != nil {
		return err
	}
	if p.account.ID == "" {
		return checkout.ErrNotFound
	}

	values, err := readForm(c)
	if err != nil {
		return err
	}
	if _, err := s.saveMode(v.context(c), v, p, values.Get(versionField), nil); err != nil {
		return err
	}

	return redirect(c, v.path("/settings?done=provider_disabled"))
}

// saveMode stores the mode's settings with other ones of one provider, or without it.
// All else of the merchant stays as it is stored.
func (s *Server) saveMode(ctx context.Context, v viewer, p providerSettings, version string, settings json.RawMessage) (checkout.Applied, error) {
	before, err := sinceForm(p.stored, version)
	if err != nil {
		return checkout.Applied{}, err
	}

	spec := p.stored.Spec()
	spec.Test, spec.Live = nil, nil
	mode := p.stored.ModeSpec(v.mode)
	if mode == nil {
		mode = &checkout.ModeSpec{Providers: map[string]json.RawMessage{}}
	}

	if settings == nil {
		delete(mode.Providers, p.name)
	} else {
		mode.Providers[p.name] = settings
	}

	if v.mode == checkout.ModeLive {
		spec.Live = mode
	} else {
		spec.Test = mode
	}

	return s.service.SaveMerchant(ctx, s.store, spec, before)
}
