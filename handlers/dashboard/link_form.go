package dashboard

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/internal/cambodia"
	"rieltime/web/templates"
	"rieltime/web/templates/dashboard"
)

// customRows is how many fields a link may ask buyers to fill in.
const customRows = 5

// linkForm is the form of a link with the values of a form that was posted.
func (s *Server) linkForm(c echo.Context, v viewer, values url.Values) (dashboard.Form, error) {
	t := func(key string) string { return dashboard.T(v.lang, "link."+key) }
	text := func(name string, more dashboard.Field) dashboard.Field {
		more.Name, more.Label, more.Value = name, t(name), values.Get(name)
		return more
	}

	methods, err := s.methodsField(c, v, values["payment_methods"])
	if err != nil {
		return dashboard.Form{}, err
	}

	languages := []dashboard.Option{{Value: "", Text: t("locale.any")}}
	for _, lang := range templates.Languages {
		languages = append(languages, dashboard.Option{Value: lang, Text: templates.LanguageName(lang)})
	}

	form := dashboard.Form{
		Back: v.path("/links"), Submit: dashboard.T(v.lang, "form.save"), MoreTitle: t("more"),
		Fields: []dashboard.Field{
			text("description", dashboard.Field{Required: true, MaxLength: 500, Hint: t("description.hint")}),
			text("currency", dashboard.Field{Kind: dashboard.FieldSelect, Options: currencyOptions()}),
			payCurrenciesChoice(v, values.Get("pay_currencies")),
			text("amount", dashboard.Field{Hint: t("amount.hint")}),
			text("amount_min", dashboard.Field{}),
			text("amount_max", dashboard.Field{}),
		},
		More: []dashboard.Field{
			methods,
			text("max_uses", dashboard.Field{Kind: "number", Hint: t("max_uses.hint")}),
			text("expires_at", dashboard.Field{Kind: "datetime-local", Hint: t("expires_at.hint")}),
			text("locale", dashboard.Field{Kind: dashboard.FieldSelect, Options: languages}),
			text("reference_prefix", dashboard.Field{MaxLength: 40, Hint: t("reference_prefix.hint")}),
			text("success_url", dashboard.Field{Kind: "url", Hint: t("success_url.hint")}),
			text("cancel_url", dashboard.Field{Kind: "url"}),
		},
	}

	form.More = append(form.More, customFields(v, values)...)
	return form, nil
}

// currencyOptions are the codes of all currencies.
func currencyOptions() (options []dashboard.Option) {
	for _, currency := range checkout.Currencies() {
		options = append(options, dashboard.Option{Value: string(currency), Text: string(currency)})
	}
	return options
}

// onlyPrice is the choice of a link that is paid in the currency of its price alone.
const onlyPrice = "none"

// payCurrenciesChoice offers in which currencies a link is paid: as the merchant's settings
// say, in its price's alone, in any, or in those that it has.
func payCurrenciesChoice(v viewer, chosen string) dashboard.Field {
	t := func(key string) string { return dashboard.T(v.lang, "link.pay_currencies"+key) }
	every := currenciesText(checkout.ConvertibleCurrencies())
	field := dashboard.Field{
		Name: "pay_currencies", Label: t(""), Kind: dashboard.FieldSelect, Value: chosen, Hint: t(".hint"),
		Options: []dashboard.Option{{Value: "", Text: t(".settings")}, {Value: onlyPrice, Text: t(".none")}, {Value: every, Text: every}},
	}
	if !slices.ContainsFunc(field.Options, func(o dashboard.Option) bool { return o.Value == chosen }) {
		field.Options = append(field.Options, dashboard.Option{Value: chosen, Text: chosen})
	}
	return field
}

// currenciesText is a list of currencies as the form of a link has it.
func currenciesText(currencies []checkout.Currency) string {
	if currencies == nil {
		return ""
	}
	if len(currencies) == 0 {
		return onlyPrice
	}
	texts := make([]string, len(currencies))
	for i, currency := range currencies {
		texts[i] = string(currency)
	}
	return strings.Join(texts, " ")
}

// payCurrencies reads what currenciesText wrote.
func payCurrencies(text string) []string {
	switch text {
	case "":
		return nil
	case onlyPrice:
		return []string{}
	}
	return strings.Fields(text)
}

// methodsField offers the merchant's providers and whatever else was chosen before.
func (s *Server) methodsField(c echo.Context, v viewer, chosen []string) (dashboard.Field, error) {
	field := dashboard.Field{Name: "payment_methods", Label: dashboard.T(v.lang, "link.methods"), Kind: dashboard.FieldBoxes, Hint: dashboard.T(v.lang, "link.methods.hint")}
	accounts, err := s.store.Accounts(c.Request().Context(), v.merchant.ID, v.mode)
	names := make([]string, len(accounts))
	for i, account := range accounts {
		names[i] = account.Provider
	}

	slices.Sort(names)

	for _, method := range chosen {
		if !slices.Contains(names, method) {
			names = append(names, method)
		}
	}

	for _, name := range names {
		field.Options = append(field.Options, dashboard.Option{Value: name, Text: s.wayName(name), English: true, Chosen: slices.Contains(chosen, name)})
	}

	return field, err
}

func customName(i int, part string) string { return fmt.Sprintf("custom_fields[%d].%s", i, part) }

// customFields are what the buyer may be asked, a row of fields for each.
func customFields(v viewer, values url.Values) (fields []dashboard.Field) {
	for i := range customRows {
		number := strconv.Itoa(i + 1)
		for _, part := range []string{"label", "key", "max_length"} {
			field := dashboard.Field{Name: customName(i, part), Label: dashboard.T(v.lang, "link.custom."+part, "number", number), Value: values.Get(customName(i, part))}
			if part == "key" {
				field.Hint = dashboard.T(v.lang, "link.custom.key.hint")
			}

			if part == "max_length" {
				field.Kind = "number"
			}

			fields = append(fields, field)
		}

		fields = append(fields, dashboard.Field{
			Name: customName(i, "required"), Label: dashboard.T(v.lang, "link.custom.required", "number", number),
			Kind: dashboard.FieldBox, Value: values.Get(customName(i, "required")),
		})
	}

	return fields
}

// linkParams reads the form of a link. Rows of custom fields that are empty are left
// out, and values has the others move up, so that errors name the rows shown.
func linkParams(values url.Values) (checkout.LinkParams, error) {
	params := checkout.LinkParams{
		Amount: values.Get("amount"), AmountMin: values.Get("amount_min"), AmountMax: values.Get("amount_max"),
		Currency: values.Get("currency"), Description: values.Get("description"), ReferencePrefix: values.Get("reference_prefix"),
		SuccessURL: values.Get("success_url"), CancelURL: values.Get("cancel_url"),
		PaymentMethods: values["payment_methods"], PayCurrencies: payCurrencies(values.Get("pay_currencies")), Locale: values.Get("locale"),
	}

	var err error
	if params.MaxUses, err = wholeNumber("max_uses", values.Get("max_uses")); err != nil {
		return params, err
	}

	expires, err := parseLocalTime("expires_at", values.Get("expires_at"))
	if err != nil {
		return params, err
	}

	if !expires.IsZero() {
		text := expires.UTC().Format(time.RFC3339)
		params.ExpiresAt = &text
	}

	params.CustomFields, err = readCustomFields(values)
	return params, err
}

const customLength = 255 // characters of an answer where the form does not say

func readCustomFields(values url.Values) (fields []checkout.CustomField, err error) {
	for i := range customRows {
		row := map[string]string{}
		for _, part := range []string{"label", "key", "max_length", "required"} {
			row[part] = strings.TrimSpace(values.Get(customName(i, part)))
			values.Del(customName(i, part))
		}

		if row["label"] == "" && row["key"] == "" {
			continue
		}

		at := len(fields)
		for part, text := range row {
			values.Set(customName(at, part), text)
		}

		field := checkout.CustomField{Key: row["key"], Label: row["label"], Required: row["required"] == "yes", MaxLength: customLength}
		most, wrong := wholeNumber(customName(at, "max_length"), row["max_length"])
		if err == nil {
			err = wrong
		}

		if most != nil {
			field.MaxLength = *most
		}

		fields = append(fields, field)
	}

	return fields, err
}

// linkValues are a link's as its form has them.
func linkValues(l checkout.Link) url.Values {
	values := url.Values{
		"currency": {string(l.Currency)}, "description": {l.Description}, "reference_prefix": {l.ReferencePrefix},
		"success_url": {l.SuccessURL}, "cancel_url": {l.CancelURL}, "payment_methods": l.PaymentMethods, "locale": {l.Locale},
		"pay_currencies": {currenciesText(l.PayCurrencies)},
	}

	for name, amount := range map[string]checkout.Money{"amount": l.Amount, "amount_min": l.Least, "amount_max": l.Most} {
		if amount.Minor > 0 {
			values.Set(name, amount.Decimal())
		}
	}

	if l.MaxUses > 0 {
		values.Set("max_uses", strconv.Itoa(l.MaxUses))
	}

	if !l.ExpiresAt.IsZero() {
		values.Set("expires_at", l.ExpiresAt.In(cambodia.Zone).Format("2006-01-02T15:04:05"))
	}

	for i, field := range l.CustomFields {
		values.Set(customName(i, "key"), field.Key)
		values.Set(customName(i, "label"), field.Label)
		values.Set(customName(i, "max_length"), strconv.Itoa(field.MaxLength))
		if field.Required {
			values.Set(customName(i, "required"), "yes")
		}
	}

	return values
}

func (s *Server) showNewLink(c echo.Context, v viewer) error {
	return s.linkFormPage(c, v, "links.new", v.path("/links"), url.Values{"currency": {"USD"}}, nil)
}

func (s *Server) showLinkForm(c echo.Context, v viewer) error {
	link, err := s.ownLink(c, v)
	if err != nil {
		return err
	}
	return s.linkFormPage(c, v, "link.edit", v.path("/links/"+link.ID), linkValues(link), nil)
}

// linkFormPage shows the form of a link, with why it was refused, if it was.
func (s *Server) linkFormPage(c echo.Context, v viewer, title, action string, values url.Values, wrong error) error {
	form, err := s.linkForm(c, v, values)
	if err != nil {
		return err
	}

	form.Action = action
	status := http.StatusOK
	if wrong != nil {
		if status, err = refused(&form, wrong); err != nil {
			return err
		}
	}

	return render(c, status, dashboard.WithForm(dashboard.FormPage{Page: s.titled(c, v, "links", title), Form: form}))
}

func (s *Server) createLink(c echo.Context, v viewer) error {
	values, err := readForm(c)
	if err != nil {
		return err
	}

	params, err := linkParams(values)
	if err == nil {
		var link checkout.Link
		if link, err = s.service.CreateLink(v.context(c), v.merchant.ID, v.mode, params); err == nil {
			return redirect(c, v.path("/links/"+link.ID+"?done=link_created"))
		}
	}

	return s.linkFormPage(c, v, "links.new", v.path("/links"), values, err)
}

func (s *Server) editLink(c echo.Context, v viewer) error {
	link, err := s.ownLink(c, v)
	if err != nil {
		return err
	}

	values, err := readForm(c)
	if err != nil {
		return err
	}

	params, err := linkParams(values)
	if err == nil {
		if _, err = s.service.UpdateLink(v.context(c), link.ID, params); err == nil {
			return redirect(c, v.path("/links/"+link.ID+"?done=link_saved"))
		}
	}

	return s.linkFormPage(c, v, "link.edit", v.path("/links/"+link.ID), values, err)
}
