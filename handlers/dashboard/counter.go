package dashboard

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/handlers/internal/failure"
	"rieltime/internal/cambodia"
	"rieltime/web/templates"
	"rieltime/web/templates/dashboard"
)

const (
	salesShown     = 20
	counterName    = "counter" // in the metadata of a sale
	saleFormPrefix = "sale of "
)

// saleLives are the choices of how long a sale can be paid, in minutes; the first is the
// usual one.
var saleLives = []string{"30", "120", "1440"}

func (s *Server) showCounter(c echo.Context, v viewer) error {
	return s.counterPage(c, v, url.Values{}, nil)
}

// counterPage shows the keypad with what was typed, and why it was refused, if it was.
// Its form has a new key: it starts another sale than the form before.
func (s *Server) counterPage(c echo.Context, v viewer, typed url.Values, wrong error) error {
	view := dashboard.Counter{
		Page: s.page(c, v, "counter"), Action: v.path("/counter"), Key: checkout.NewID(""),
		Amount: typed.Get("amount"), Note: typed.Get("note"), Life: typed.Get("life"), Lives: saleLives,
		ShiftsURL: v.path("/counter/shifts"),
	}

	status := http.StatusOK
	if wrong != nil {
		var err error
		if status, err = refuseSale(&view, wrong); err != nil {
			return err
		}
	}

	if err := s.addSalesOfToday(c, v, &view); err != nil {
		return err
	}
	shift, err := s.store.OpenShift(c.Request().Context(), v.merchant.ID, v.mode, v.user.ID)
	switch {
	case errors.Is(err, checkout.ErrNotFound): // the page leads to the form of a new one
	case err != nil:
		return err
	default:
		view.ShiftSince, view.ShiftURL = templates.FormatClock(shift.OpenedAt), v.path("/counter/shifts/"+shift.ID)
	}
	return render(c, status, dashboard.CounterPage(view))
}

// refuseSale puts what is wrong into the page of the keypad, in the cashier's language
// where it is about the amount.
func refuseSale(view *dashboard.Counter, wrong error) (status int, err error) {
	all := checkout.AllErrors(wrong)
	if len(all) == 0 {
		return 0, wrong
	}

	for _, one := range all {
		switch {
		case one.Is(checkout.ErrSaleMade):
			view.Problem = dashboard.T(view.Lang, "counter.sale_made")
		case one.Param == "amount":
			view.AmountProblem = dashboard.T(view.Lang, "counter.amount_wrong")
		case one.Kind == checkout.KindInvalid, one.Kind == checkout.KindConflict:
			view.ProblemInEnglish = joinTexts(view.ProblemInEnglish, one.Detail)
		default:
			return 0, wrong
		}
	}

	if all[0].Kind == checkout.KindInvalid {
		return http.StatusUnprocessableEntity, nil
	}
	return failure.StatusOf(all[0].Kind), nil
}

// addSalesOfToday adds the viewer's own sales of the day and what they took.
func (s *Server) addSalesOfToday(c echo.Context, v viewer, view *dashboard.Counter) error {
	ctx, day := c.Request().Context(), cambodia.DayOf(s.now())
	today := checkout.TimeRange{From: day.Begin(), To: (day + 1).Begin()}
	sales, err := s.store.Sales(ctx, v.merchant.ID, v.mode, v.user.ID, today, salesShown)
	if err != nil {
		return err
	}

	for _, sale := range sales {
		view.Sales = append(view.Sales, s.saleRow(v, sale))
	}

	taken, err := s.store.SaleTakings(ctx, v.merchant.ID, v.mode, v.user.ID, today)
	if err != nil {
		return err
	}

	for _, currency := range checkout.Currencies() {
		sum := checkout.Money{Currency: currency}
		for _, t := range taken {
			if t.Taken.Currency == currency {
				sum.Minor += t.Taken.Minor
			}
		}
		view.Today = append(view.Today, formatMoney(v, sum))
	}

	return nil
}

func formatMoney(v viewer, m checkout.Money) string {
	return templates.FormatAmount(v.lang, string(m.Currency), m.Minor)
}

func (s *Server) saleRow(v viewer, sale checkout.Sale) dashboard.SaleRow {
	row := dashboard.SaleRow{
		URL: v.path("/counter/" + sale.Session.ID), At: templates.FormatClock(sale.Session.CreatedAt), Amount: formatMoney(v, sale.Session.Amount),
		Note: sale.Session.Description, State: string(sale.Session.Status), Attention: sale.Attention,
	}
	if sale.Session.Status == checkout.SessionOpen && !s.now().Before(sale.Session.ExpiresAt) {
		row.State = string(checkout.SessionExpired)
	}
	return row
}

// startSale makes a sale of what was typed, and its code. A form that is sent twice makes
// one.
func (s *Server) startSale(c echo.Context, v viewer) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	key := form.Get("key")
	if len(key) < minFormKey || len(key) > maxFormKey {
		return errFormKey
	}

	params := checkout.SaleParams{
		Amount: typedAmount(form.Get("amount")), Currency: form.Get("currency"), Note: strings.TrimSpace(form.Get("note")),
		Counter: counterName, CashierID: v.user.ID,
	}
	if life := form.Get("life"); slices.Contains(saleLives, life) {
		minutes, _ := strconv.Atoi(life) // one of ours
		seconds := minutes * 60
		params.ExpiresIn = &seconds
	}

	ctx := checkout.FormRequest(v.context(c), saleFormPrefix+v.merchant.ID+" "+string(v.mode)+" by "+v.user.ID, key)
	session, err := s.service.CreateSale(ctx, v.merchant.ID, v.mode, params)
	if err != nil {
		return s.counterPage(c, v, form, err)
	}

	// The one that came first starts the code; the other only shows it.
	if !session.Repeated {
		if err := s.startCode(c, v, session.ID); err != nil {
			return err
		}
	}

	return c.Redirect(http.StatusSeeOther, v.path("/counter/"+session.ID)) // which htmx follows: the page with the sound stays open
}

// startCode starts a payment by a code. Where none can be had, the page has the link.
func (s *Server) startCode(c echo.Context, v viewer, sessionID string) error {
	_, err := s.service.StartCode(v.context(c), sessionID, checkout.StartParams{})
	if errors.Is(err, checkout.ErrMethodUnavailable) {
		return nil
	}
	return err
}

// typedAmount is an amount as it is typed on any keyboard: with Khmer digits, or with
// commas between thousands.
func typedAmount(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case '០' <= r && r <= '៩':
			return r - '០' + '0'
		case r == ',' || r == ' ':
			return -1
		}
		return r
	}, strings.TrimSpace(text))
}
