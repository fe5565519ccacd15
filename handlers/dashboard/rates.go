package dashboard

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/checkout/users"
	"rieltime/web/templates"
	"rieltime/web/templates/dashboard"
)

const (
	ratesRoute      = "/settings/rates"
	rateListLength  = 50
	rateConfirmName = "confirm"
)

// rateStore has the rates of exchange.
type rateStore interface {
	// Rates lists a merchant's rates, the latest first.
	Rates(ctx context.Context, merchantID string, mode checkout.Mode, limit int) ([]checkout.Rate, error)
}

func (s *Server) showRates(c echo.Context, v viewer) error {
	return s.ratesPage(c, v, url.Values{}, nil)
}

// ratesPage shows the rates with the form of a new one and why it was refused, if it was.
func (s *Server) ratesPage(c echo.Context, v viewer, typed url.Values, wrong error) error {
	ctx := c.Request().Context()
	rates, err := s.store.Rates(ctx, v.merchant.ID, v.mode, rateListLength)
	if err != nil {
		return err
	}
	trouble, _, err := s.service.RateTrouble(ctx, v.merchant.ID, v.mode)
	if err != nil {
		return err
	}

	view := dashboard.Rates{Page: s.titled(c, v, "settings", "rates.title"), Trouble: string(trouble), BackURL: v.path("/settings")}
	setDone(c, &view.Page, "rate_set")
	exchange := v.merchant.Exchange
	if len(rates) > 0 && exchange.Usable(rates[0], s.now()) {
		view.Current = templates.FormatRate(v.lang, string(rates[0].Value))
		view.Until = templates.FormatUntil(v.lang, exchange.Ends(rates[0]), s.now())
	}
	for _, rate := range rates {
		view.Rows = append(view.Rows, dashboard.RateRow{
			Value: templates.FormatRate(v.lang, string(rate.Value)), At: templates.FormatTime(v.lang, rate.At), Until: templates.FormatTime(v.lang, exchange.Ends(rate)),
			Source: string(rate.Source), By: s.actorName(c, rate.By), FarOff: rate.FarOff,
		})
	}

	status := http.StatusOK
	if v.may(users.ManageSettings) {
		view.Form = rateForm(v, typed, errors.Is(wrong, checkout.ErrRateFarOff))
	}
	if wrong != nil {
		if status, err = refuseRate(v, &view, rates, wrong); err != nil {
			return err
		}
	}
	return render(c, status, dashboard.RatesPage(view))
}

// rateForm is the form of a new rate; one that is far off can be confirmed.
func rateForm(v viewer, typed url.Values, farOff bool) dashboard.Form {
	t := func(key string) string { return dashboard.T(v.lang, "rates."+key) }
	form := dashboard.Form{
		Action: v.path(ratesRoute), Submit: t("set"),
		Fields: []dashboard.Field{
			{Name: "value", Label: t("riel"), Value: typed.Get("value"), Required: true, MaxLength: 16, Hint: t("riel.hint")},
			{Name: "valid_until", Label: t("valid_until"), Value: typed.Get("valid_until"), Kind: "datetime-local", Hint: dashboard.T(v.lang, "rates.valid_until.hint", "hours", strconv.Itoa(v.merchant.Exchange.MaxAge()))},
		},
	}
	if farOff {
		form.Fields = append(form.Fields, dashboard.Field{Name: rateConfirmName, Label: t("confirm"), Kind: dashboard.FieldBox})
	}
	return form
}

// refuseRate says what is wrong with a new rate. How far one is off is said in the
// viewer's language.
func refuseRate(v viewer, view *dashboard.Rates, rates []checkout.Rate, wrong error) (int, error) {
	if !errors.Is(wrong, checkout.ErrRateFarOff) {
		return refused(&view.Form, wrong)
	}

	last := ""
	for _, rate := range rates {
		if !rate.FarOff {
			last = templates.FormatRate(v.lang, string(rate.Value))
			break
		}
	}
	view.Notice = &dashboard.Notice{Problem: true, Text: dashboard.T(v.lang, "rates.far_off", "last", last, "percent", strconv.Itoa(v.merchant.Exchange.MaxChange()))}
	return http.StatusConflict, nil
}

// setRate stores a rate that holds from now on.
func (s *Server) setRate(c echo.Context, v viewer) error {
	values, err := readForm(c)
	if err != nil {
		return err
	}

	params := checkout.RateParams{
		MerchantID: v.merchant.ID, Mode: v.mode, Value: checkout.TypedAmount(values.Get("value")), Source: checkout.RateEntered,
		At: s.now().Truncate(time.Millisecond), Confirmed: values.Get(rateConfirmName) == "yes",
	}
	until, err := parseLocalTime("valid_until", values.Get("valid_until"))
	if err == nil && !until.IsZero() {
		if params.ValidFor = until.Sub(params.At); params.ValidFor <= 0 {
			err = checkout.Invalidf("valid_until", "rate_validity_invalid", "This must be in the future.")
		}
	}
	if err == nil {
		_, err = s.service.SetRate(v.context(c), params)
	}
	if err != nil {
		return s.ratesPage(c, v, values, err)
	}

	return redirect(c, v.path(ratesRoute+"?done=rate_set"))
}
