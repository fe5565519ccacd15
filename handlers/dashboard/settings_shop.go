package dashboard

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/web/static"
	"rieltime/web/templates/dashboard"
)

// shopForm is the form of a merchant's own settings with the values of a form that was
// posted.
func shopForm(v viewer, values url.Values) dashboard.Form {
	t := func(key string) string { return dashboard.T(v.lang, "settings."+key) }
	field := func(name string, more dashboard.Field) dashboard.Field {
		more.Name, more.Label, more.Value = name, t(name), values.Get(name)
		return more
	}

	return dashboard.Form{
		Action: v.path("/settings/shop"), Back: v.path("/settings"), Submit: dashboard.T(v.lang, "form.save"),
		Preview: v.path("/settings/preview"), Hidden: map[string]string{versionField: values.Get(versionField)},
		MoreTitle: t("exchange"), More: exchangeFields(v, values),
		Fields: []dashboard.Field{
			field("name", dashboard.Field{Required: true, MaxLength: 255}),
			field("logo_url", dashboard.Field{Kind: "url", Hint: t("logo_url.hint")}),
			field("accent", dashboard.Field{MaxLength: 7, Hint: t("accent.hint"), Look: accentLook(v, values.Get("accent")), LookURL: v.path("/settings/look")}),
			field("support_contact", dashboard.Field{MaxLength: 255, Hint: t("support_contact.hint")}),
			field("terms_url", dashboard.Field{Kind: "url"}),
			field("return_hosts", dashboard.Field{Kind: dashboard.FieldLines, Required: true, Hint: t("return_hosts.hint")}),
			field("frame_hosts", dashboard.Field{Kind: dashboard.FieldLines, Hint: t("frame_hosts.hint")}),
			field("methods", dashboard.Field{Kind: dashboard.FieldLines, Hint: t("methods.hint")}),
			field("late_payments", dashboard.Field{Kind: dashboard.FieldSelect, Options: []dashboard.Option{
				{Value: string(checkout.LateReview), Text: t("late.review")}, {Value: string(checkout.LateAccept), Text: t("late.accept")},
			}}),
			field("fixed_time", dashboard.Field{Kind: dashboard.FieldBox}),
		},
	}
}

// accentLook is how buyers see a colour.
func accentLook(v viewer, accent string) *dashboard.AccentLook {
	light, dark, valid := static.AccentColours(strings.TrimSpace(accent))
	return &dashboard.AccentLook{Lang: v.lang, Light: dashboard.Colours(light), Dark: dashboard.Colours(dark), Valid: valid}
}

// showLook shows the colour that is typed in the form.
func (s *Server) showLook(c echo.Context, v viewer) error {
	return render(c, http.StatusOK, dashboard.Look(*accentLook(v, c.QueryParam("accent"))))
}

// shopValues are a merchant's own settings as their form has them.
func shopValues(stored checkout.MerchantSettings) url.Values {
	of := stored.Merchant
	values := url.Values{
		"name": {of.Name}, "logo_url": {of.LogoURL}, "accent": {of.Accent}, "support_contact": {of.SupportContact}, "terms_url": {of.TermsURL},
		"return_hosts": {strings.Join(of.ReturnHosts, "\n")}, "frame_hosts": {strings.Join(of.FrameHosts, "\n")}, "methods": {strings.Join(of.Methods, "\n")},
		"late_payments": {string(of.LatePayments)}, versionField: {hiddenVersion(stored.Version)[versionField]},
	}
	if of.FixedTime {
		values.Set("fixed_time", "yes")
	}
	addExchange(values, of.Exchange)
	return values
}

// shopSpec is the part of a merchant's file that the form has.
func shopSpec(stored checkout.Merchant, values url.Values) (checkout.MerchantSpec, error) {
	exchange, err := exchangeOf(values, stored.Exchange)
	return checkout.MerchantSpec{
		ID: stored.ID, Exchange: exchange, Name: values.Get("name"), LogoURL: values.Get("logo_url"), Accent: values.Get("accent"),
		SupportContact: values.Get("support_contact"), TermsURL: values.Get("terms_url"),
		ReturnHosts: strings.Fields(values.Get("return_hosts")), FrameHosts: strings.Fields(values.Get("frame_hosts")), Methods: strings.Fields(values.Get("methods")),
		LatePayments: checkout.LatePolicy(values.Get("late_payments")), FixedTime: values.Get("fixed_time") == "yes",
	}, err
}

func (s *Server) showShop(c echo.Context, v viewer) error {
	stored, err := s.store.MerchantSettings(c.Request().Context(), v.merchant.ID)
	if err != nil {
		return err
	}
	return s.shopPage(c, v, http.StatusOK, shopForm(v, shopValues(stored)))
}

func (s *Server) shopPage(c echo.Context, v viewer, status int, form dashboard.Form) error {
	return render(c, status, dashboard.WithForm(dashboard.FormPage{
		Page: s.titled(c, v, "settings", "settings.shop"), Lead: dashboard.T(v.lang, "settings.shop.lead"), Form: form,
	}))
}

// saveShop stores a merchant's own settings; those of its providers stay.
func (s *Server) saveShop(c echo.Context, v viewer) error {
	values, err := readForm(c)
	if err != nil {
		return err
	}

	stored, err := s.store.MerchantSettings(c.Request().Context(), v.merchant.ID)
	if err != nil {
		return err
	}

	before, err := sinceForm(stored, values.Get(versionField))
	spec, wrong := shopSpec(stored.Merchant, values)
	if err = errors.Join(err, wrong); err == nil {
		_, err = s.service.SaveMerchant(v.context(c), s.store, spec, before)
	}

	if err != nil {
		form := shopForm(v, values)
		status, refusal := refused(&form, err)
		if refusal != nil {
			return refusal
		}

		return s.shopPage(c, v, status, form)
	}

	return redirect(c, v.path("/settings?done=shop_saved"))
}
