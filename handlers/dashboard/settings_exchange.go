package dashboard

import (
	"cmp"
	"errors"
	"net/url"
	"strconv"

	"rieltime/checkout"
	"rieltime/web/templates"
	"rieltime/web/templates/dashboard"
)

// The fields of a merchant's exchange, named as in a merchant's file.
const (
	payCurrenciesField = "exchange.pay_currencies"
	maxAgeField        = "exchange.max_age_hours"
	maxChangeField     = "exchange.max_change_percent"
	rielStepField      = "exchange.riel_step"
	roundingField      = "exchange.rounding"
)

// exchangeFields are the fields of how prices are converted; an empty one is the default.
func exchangeFields(v viewer, values url.Values) []dashboard.Field {
	t := func(key string, args ...string) string { return dashboard.T(v.lang, "settings."+key, args...) }
	fields := []dashboard.Field{
		{Name: payCurrenciesField, Label: t("pay_currencies"), Kind: dashboard.FieldBoxes, Options: currencyBoxes(v, values[payCurrenciesField]), Hint: t("pay_currencies.hint")},
		{Name: maxAgeField, Label: t("max_age"), Kind: "number", Hint: t("default", "value", strconv.Itoa(checkout.DefaultExchange().MaxAgeHours))},
		{Name: maxChangeField, Label: t("max_change"), Kind: "number", Hint: t("max_change.hint", "value", strconv.Itoa(checkout.DefaultExchange().MaxChangePercent))},
		{Name: rielStepField, Label: t("riel_step"), Kind: dashboard.FieldSelect},
		{Name: roundingField, Label: t("rounding"), Kind: dashboard.FieldSelect, Options: []dashboard.Option{
			{Value: string(checkout.RoundUp), Text: t("rounding.up")}, {Value: string(checkout.RoundNearest), Text: t("rounding.nearest")},
		}},
	}
	for _, step := range checkout.RielSteps() {
		fields[3].Options = append(fields[3].Options, dashboard.Option{
			Value: strconv.FormatInt(step, 10), Text: templates.FormatAmount(v.lang, string(checkout.KHR), step),
		})
	}
	for i := range fields[1:] {
		fields[1+i].Value = values.Get(fields[1+i].Name)
	}
	return fields
}

func currencyBoxes(v viewer, chosen []string) (options []dashboard.Option) {
	for _, currency := range checkout.ConvertibleCurrencies() {
		option := dashboard.Option{Value: string(currency), Text: dashboard.T(v.lang, "currency."+string(currency))}
		for _, one := range chosen {
			option.Chosen = option.Chosen || one == option.Value
		}
		options = append(options, option)
	}
	return options
}

// addExchange adds a merchant's settings of exchange to the values of its form.
func addExchange(values url.Values, e checkout.Exchange) {
	for _, currency := range e.PayCurrencies {
		values.Add(payCurrenciesField, string(currency))
	}
	for name, number := range map[string]int{maxAgeField: e.MaxAgeHours, maxChangeField: e.MaxChangePercent} {
		if number > 0 {
			values.Set(name, strconv.Itoa(number))
		}
	}
	values.Set(rielStepField, strconv.FormatInt(cmp.Or(e.RielStep, checkout.DefaultExchange().RielStep), 10))
	values.Set(roundingField, string(cmp.Or(e.Rounding, checkout.DefaultExchange().Rounding)))
}

// exchangeOf reads the fields of exchange. A choice that the form shows because it is the
// default is left empty where nothing else is stored.
func exchangeOf(values url.Values, stored checkout.Exchange) (checkout.Exchange, error) {
	e := stored
	e.PayCurrencies = nil
	for _, text := range values[payCurrenciesField] {
		e.PayCurrencies = append(e.PayCurrencies, checkout.Currency(text))
	}

	var wrong []error
	number := func(name string, least int) int {
		n, err := wholeNumber(name, values.Get(name))
		switch {
		case err == nil && n == nil:
			return 0
		case err == nil && *n < least:
			err = checkout.Invalidf(name, name+"_invalid", "This must be at least %d.", least)
		}
		if wrong = append(wrong, err); err != nil {
			return 0
		}
		return *n
	}
	e.MaxAgeHours, e.MaxChangePercent = number(maxAgeField, 1), number(maxChangeField, 1)

	if step := int64(number(rielStepField, 1)); step != cmp.Or(stored.RielStep, checkout.DefaultExchange().RielStep) {
		e.RielStep = step
	}
	if rounding := checkout.RoundingMode(values.Get(roundingField)); rounding != cmp.Or(stored.Rounding, checkout.DefaultExchange().Rounding) {
		e.Rounding = rounding
	}
	return e, errors.Join(wrong...)
}
