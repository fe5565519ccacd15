package dashboard

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/checkout/users"
	"rieltime/internal/cambodia"
	"rieltime/web/templates"
	"rieltime/web/templates/dashboard"
)

// showStart shows today's takings to who may see them, and else goes to the first page
// that the viewer may.
func (s *Server) showStart(c echo.Context, v viewer) error {
	if v.may(users.ViewPayments) {
		return s.showToday(c, v)
	}

	for _, item := range menu {
		if item.path != "" && (item.right == "" || v.may(item.right)) {
			return redirect(c, v.path(item.path))
		}
	}
	return errRole
}

func (s *Server) showToday(c echo.Context, v viewer) error {
	ctx := c.Request().Context()
	attention, err := s.attention(ctx, v)
	if err != nil {
		return err
	}

	now := s.now()
	day := cambodia.DayOf(now)
	today, err := s.takingsOf(ctx, v, day, day, checkout.TakingsByMethod)
	if err != nil {
		return err
	}

	lastWeek, err := s.takingsOf(ctx, v, day-7, day-7, checkout.TakingsByMethod)
	if err != nil {
		return err
	}

	view := dashboard.Today{
		Page: s.page(c, v, "today"), Day: dashboard.FormatDay(v.lang, day), LastWeek: dashboard.T(v.lang, "today.last_week", "weekday", dashboard.FormatWeekday(v.lang, day)),
		Updated: templates.FormatSecond(now), URL: c.Request().URL.RequestURI(), Attention: attention,
		Currencies: s.todayView(v, day, today, lastWeek), ChartsURL: v.path("/charts"), CloseURL: v.pathFor(users.Export, "/close"),
	}
	return render(c, http.StatusOK, dashboard.TodayPage(view))
}

// todayView sets the takings of a day beside those of a week before.
func (s *Server) todayView(v viewer, day cambodia.Day, today, lastWeek []checkout.Takings) (views []dashboard.CurrencyTakings) {
	for _, currency := range checkout.Currencies() {
		now, before := ofCurrency(today, currency), ofCurrency(lastWeek, currency)
		if len(now)+len(before) == 0 {
			continue
		}

		sum, was := total(now, currency), total(before, currency)
		f := figures{v, currency, strings.ToLower(string(currency))}
		view := dashboard.CurrencyTakings{
			Currency: dashboard.T(v.lang, "currency."+string(currency)),
			Taken:    f.taken("", day, sum), LastWeek: f.taken("", day-7, was),
			InReview: f.review(sum), Refunded: f.refunded(day, sum), Net: templates.FormatAmount(v.lang, string(currency), sum.Net()),
			Change: dashboard.T(v.lang, "today.compared", "weekday", dashboard.FormatWeekday(v.lang, day), "amount", templates.FormatAmount(v.lang, string(currency), was.Taken.Minor)),
		}
		for _, t := range byMethod(now, before) {
			is, were := ofMethod(now, t.Method), ofMethod(before, t.Method)
			view.Methods = append(view.Methods, dashboard.MethodTakings{
				Method: s.methodName(t.Provider, t.Method), Taken: f.taken(t.Method, day, is), LastWeek: f.taken(t.Method, day-7, were),
			})
		}

		views = append(views, view)
	}

	return views
}

// byMethod returns each method of the takings of two days, the one that took most first.
func byMethod(now, before []checkout.Takings) (methods []checkout.Takings) {
	all := slices.Concat(now, before)
	slices.SortStableFunc(all, func(a, b checkout.Takings) int { return cmp.Compare(b.Taken.Minor, a.Taken.Minor) })
	for _, t := range all {
		if !slices.ContainsFunc(methods, func(m checkout.Takings) bool { return m.Method == t.Method }) {
			methods = append(methods, t)
		}
	}
	return methods
}
