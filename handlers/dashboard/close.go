package dashboard

import (
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

const (
	closeListLength = 100

	// dayIsOver is how long after midnight what was recorded before may still come: a
	// change of the database takes no longer.
	dayIsOver = time.Minute
)

// closeDay is the day that the address asks for; today when it is none, or has not begun.
func (s *Server) closeDay(c echo.Context) cambodia.Day {
	today := cambodia.DayOf(s.now())
	day, err := cambodia.ParseDay(c.QueryParam("day"))
	if err != nil || day > today {
		return today
	}
	return day
}

func (v viewer) closePath(page string, day cambodia.Day) string {
	return v.path(page + "?day=" + day.String())
}

func (s *Server) showClose(c echo.Context, v viewer) error {
	return s.closePage(c, v, s.closeDay(c), http.StatusOK, "")
}

// closePage shows a day, and why something about it was refused, if it was.
func (s *Server) closePage(c echo.Context, v viewer, day cambodia.Day, status int, problem string) error {
	now := s.now()
	accounts, err := s.accountDays(c, v, day)
	if err != nil {
		return err
	}
	takings, err := s.takingsOf(c.Request().Context(), v, day, day, checkout.TakingsByMethod)
	if err != nil {
		return err
	}

	view := dashboard.Close{
		Page: s.page(c, v, "close"), Day: dashboard.FormatDay(v.lang, day), DayValue: day.String(), FormURL: v.path("/close"),
		Before: v.closePath("/close", day-1), Over: now.After((day + 1).Begin().Add(dayIsOver)),
		MadeAt: templates.FormatTime(v.lang, now), MadeBy: v.user.DisplayName(), ListURL: v.closePath("/close/payments", day),
		CSVURL: v.closePath("/close/export.csv", day), XLSXURL: v.closePath("/close/export.xlsx", day), Problem: problem,
	}
	setDone(c, &view.Page, "day_closed", "day_reopened")
	for _, account := range accounts {
		view.Accounts = append(view.Accounts, s.closeAccount(c, v, account, view.Over))
	}
	if day < cambodia.DayOf(now) {
		view.After = v.closePath("/close", day+1)
	}

	for _, currency := range checkout.Currencies() {
		if of := ofCurrency(takings, currency); len(of) > 0 {
			view.Currencies = append(view.Currencies, s.closeView(v, currency, of))
		}
	}
	return render(c, status, dashboard.ClosePage(view))
}

// closeView is the close of one currency.
func (s *Server) closeView(v viewer, currency checkout.Currency, takings []checkout.Takings) dashboard.CloseCurrency {
	amount := func(minor int64) string { return templates.FormatAmount(v.lang, string(currency), minor) }
	row := func(name string, t checkout.Takings) dashboard.CloseRow {
		return dashboard.CloseRow{
			Method: name, Payments: strconv.FormatInt(t.Taken.Count, 10), Refunds: strconv.FormatInt(t.Refunded.Count, 10),
			Taken: amount(t.Taken.Minor), Refunded: amount(t.Refunded.Minor), Net: amount(t.Net()),
		}
	}

	sum := total(takings, currency)
	view := dashboard.CloseCurrency{
		Currency: dashboard.T(v.lang, "currency."+string(currency)), Sum: row(dashboard.T(v.lang, "close.sum"), sum),
		InReview: amount(sum.InReview.Minor), Reviews: strconv.FormatInt(sum.InReview.Count, 10), Received: amount(sum.Taken.Minor + sum.InReview.Minor),
	}
	for _, t := range byMethod(takings, nil) {
		view.Methods = append(view.Methods, row(s.methodName(t.Provider, t.Method), ofMethod(takings, t.Method)))
	}
	return view
}

// showCloseList lists the payments whose proofs were recorded on a day.
func (s *Server) showCloseList(c echo.Context, v viewer) error {
	day := s.closeDay(c)
	after, err := recordedPosition(c.QueryParam("after"))
	if err != nil {
		return err
	}

	recorded := checkout.TimeRange{From: day.Begin(), To: (day + 1).Begin()}
	payments, err := s.store.RecordedPayments(c.Request().Context(), v.merchant.ID, v.mode, recorded, after, closeListLength+1)
	if err != nil {
		return err
	}

	view := dashboard.CloseList{Page: s.page(c, v, "close"), Day: dashboard.FormatDay(v.lang, day), CloseURL: v.closePath("/close", day)}
	if len(payments) > closeListLength {
		payments = payments[:closeListLength]
		last := payments[closeListLength-1]
		view.Older = v.closePath("/close/payments", day) + "&after=" + url.QueryEscape(strconv.FormatInt(last.RecordedAt.UnixMilli(), 10)+"."+last.ID)
	}

	for _, p := range payments {
		view.Rows = append(view.Rows, dashboard.ClosePayment{
			At: templates.FormatSecond(p.RecordedAt), ID: p.ID, URL: v.path("/payments/" + p.ID), Method: s.methodName(p.Provider, p.Method), Transaction: p.Proof.TransactionID,
			Amount: templates.FormatAmount(v.lang, string(p.Proof.Amount.Currency), p.Proof.Amount.Minor), State: string(p.Standing()),
		})
	}
	return render(c, http.StatusOK, dashboard.CloseListPage(view))
}

// recordedPosition reads the place in a list that an address names.
func recordedPosition(text string) (checkout.Position, error) {
	if text == "" {
		return checkout.Position{}, nil
	}

	at, id, _ := strings.Cut(text, ".")
	millis, err := strconv.ParseInt(at, 10, 64)
	odd := func(r rune) bool { return r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') }
	if err != nil || millis <= 0 || len(id) > 64 || slices.ContainsFunc([]rune(id), odd) {
		return checkout.Position{}, checkout.ErrNotFound
	}
	return checkout.Position{At: time.UnixMilli(millis), ID: id}, nil
}
