package dashboard

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/web/templates"
	"rieltime/web/templates/dashboard"
)

// shiftPage shows a shift: what was counted and taken, or the form that closes it with
// what was typed and why that was refused.
func (s *Server) shiftPage(c echo.Context, v viewer, shift checkout.Shift, typed url.Values, wrong error) error {
	ctx, now := c.Request().Context(), s.now()
	names, err := s.memberNames(ctx, v)
	if err != nil {
		return err
	}
	taken, err := s.store.SaleTakings(ctx, shift.MerchantID, shift.Mode, shift.CashierID, shift.Made(now))
	if err != nil {
		return err
	}

	view := dashboard.Shift{
		Page: s.titled(c, v, "counter", "shift.title"), ListURL: v.path("/counter/shifts"), CounterURL: v.path("/counter"), CloseURL: v.path("/counter/shifts/" + shift.ID + "/close"),
		Cashier: names[shift.CashierID], OpenedAt: templates.FormatTime(v.lang, shift.OpenedAt),
		ClosedAt: formatTime(v, shift.ClosedAt), ClosedBy: names[shift.ClosedBy],
	}
	if shift.ClosedAt.IsZero() {
		form := closingForm(v, shift.ID, typed)
		view.Form = &form
	} else {
		view.Note = shift.Close.Note
	}
	for _, currency := range checkout.CounterCurrencies() {
		view.Currencies = append(view.Currencies, s.shiftCurrency(v, shift, currency, taken))
	}

	if wrong == nil {
		return render(c, http.StatusOK, dashboard.ShiftPage(view))
	}
	if view.Form == nil { // it was closed meanwhile: the page says how
		view.Form = &dashboard.ShiftForm{}
	}
	status, err := refuseShift(v, view.Form, wrong)
	if err != nil {
		return err
	}
	return render(c, status, dashboard.ShiftPage(view))
}

// shiftCurrency is what a shift counted and took in one currency. taken is what its sales
// have taken by now: money that came after the close counts apart.
func (s *Server) shiftCurrency(v viewer, shift checkout.Shift, currency checkout.Currency, taken []checkout.SaleTakings) dashboard.ShiftCurrency {
	amount := func(minor int64) string { return formatMoney(v, checkout.Money{Minor: minor, Currency: currency}) }
	view := dashboard.ShiftCurrency{Currency: dashboard.T(v.lang, "currency."+string(currency)), Opening: amount(shift.Opening[currency])}

	atClose := taken
	if !shift.ClosedAt.IsZero() {
		atClose = shift.Close.Taken
		if later := checkout.SumTaken(taken, currency) - checkout.SumTaken(atClose, currency); later != 0 {
			view.Later = amount(later)
		}
	}
	for _, t := range atClose {
		if t.Taken.Currency == currency {
			view.Methods = append(view.Methods, dashboard.ShiftMethod{Name: s.methodName(t.Provider, t.Method), Taken: amount(t.Taken.Minor), Count: strconv.Itoa(t.Count)})
		}
	}
	view.Taken = amount(checkout.SumTaken(atClose, currency))

	differences := shift.Differences()
	for i, count := range shift.Close.Counts {
		if count.Currency != currency {
			continue
		}
		view.Counted, view.Cash = true, amount(count.Cash)
		if count.CashSales != nil {
			view.CashSales, view.CashDifference = amount(*count.CashSales), difference(v, currency, *differences[i].Cash)
		}
		if count.OtherSales != nil {
			view.OtherSales, view.OtherDifference = amount(*count.OtherSales), difference(v, currency, *differences[i].Others)
		}
	}
	return view
}

// difference is what there is less what there should be.
func difference(v viewer, currency checkout.Currency, minor int64) dashboard.ShiftDifference {
	amount := formatMoney(v, checkout.Money{Minor: max(minor, -minor), Currency: currency})
	switch {
	case minor < 0:
		return dashboard.ShiftDifference{Text: dashboard.T(v.lang, "shift.missing", "amount", amount), Differs: true}
	case minor > 0:
		return dashboard.ShiftDifference{Text: dashboard.T(v.lang, "shift.too_much", "amount", amount), Differs: true}
	}
	return dashboard.ShiftDifference{Text: dashboard.T(v.lang, "shift.fits")}
}

// differs reports whether a count of a closed shift is not what it should be.
func differs(shift checkout.Shift) bool {
	return slices.ContainsFunc(shift.Differences(), checkout.ShiftDifference.Any)
}
