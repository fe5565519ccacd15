package dashboard

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/internal/cambodia"
	"rieltime/web/templates"
	"rieltime/web/templates/dashboard"
)

// chartDays are the periods of the charts, in days up to today.
var chartDays = []int{7, 30, 90}

const (
	defaultChartDays = 30
	sampledAtMost    = 2000 // attempts, of which the figures by provider are
)

// chartsOf is what the address asks to see.
type chartsOf struct {
	v        viewer
	currency checkout.Currency
	from, to cambodia.Day
	days     int
}

func (s *Server) showCharts(c echo.Context, v viewer) error {
	of := s.chartsOf(c, v)
	view := dashboard.Charts{Page: s.page(c, v, "charts")}
	for _, days := range chartDays {
		view.Periods = append(view.Periods, dashboard.Choice{
			Text: dashboard.T(v.lang, "charts.days", "days", strconv.Itoa(days)), URL: of.address(days, of.currency), Current: days == of.days,
		})
	}

	takings, err := s.chartTakings(c, of)
	if err != nil {
		return err
	}
	for _, currency := range checkout.Currencies() {
		// Few shops take ringgit or rupiah: the others are not asked about them.
		if currency != of.currency && !slices.Contains(checkout.CounterCurrencies(), currency) && len(ofCurrency(takings[0], currency)) == 0 {
			continue
		}
		view.Currencies = append(view.Currencies, dashboard.Choice{
			Text: dashboard.T(v.lang, "currency."+string(currency)), URL: of.address(of.days, currency), Current: currency == of.currency,
		})
	}

	view.Takings = s.takingsCharts(of, takings)
	if view.Providers, view.Sample, err = s.providersChart(c, of); err != nil {
		return err
	}
	return render(c, http.StatusOK, dashboard.ChartsPage(view))
}

// chartsOf reads the address; what is not one of the choices is the default.
func (s *Server) chartsOf(c echo.Context, v viewer) chartsOf {
	of := chartsOf{v: v, currency: checkout.USD, to: cambodia.DayOf(s.now()), days: defaultChartDays}
	if currency, err := checkout.ParseCurrency(c.QueryParam("currency")); err == nil {
		of.currency = currency
	}
	if days, err := strconv.Atoi(c.QueryParam("days")); err == nil && slices.Contains(chartDays, days) {
		of.days = days
	}
	of.from = of.to - cambodia.Day(of.days) + 1
	return of
}

func (of chartsOf) address(days int, currency checkout.Currency) string {
	return of.v.path("/charts?" + url.Values{"days": {strconv.Itoa(days)}, "currency": {string(currency)}}.Encode())
}

func (of chartsOf) text(key string, args ...string) string {
	return dashboard.T(of.v.lang, key, args...)
}

func (of chartsOf) amount(minor int64) string {
	return templates.FormatAmount(of.v.lang, string(of.currency), minor)
}

// chartTakings are the takings of the period in all currencies: by day, method and hour.
func (s *Server) chartTakings(c echo.Context, of chartsOf) (parts [3][]checkout.Takings, err error) {
	for i, by := range []checkout.TakingsPart{checkout.TakingsByDay, checkout.TakingsByMethod, checkout.TakingsByHour} {
		if parts[i], err = s.takingsOf(c.Request().Context(), of.v, of.from, of.to, by); err != nil {
			return parts, err
		}
	}
	return parts, nil
}

// takingsCharts are those by day, hour and method; none when nothing was taken.
func (s *Server) takingsCharts(of chartsOf, parts [3][]checkout.Takings) []dashboard.Chart {
	for i := range parts {
		parts[i] = ofCurrency(parts[i], of.currency)
	}
	if len(parts[0]) == 0 {
		return nil
	}
	return []dashboard.Chart{of.byDay(parts[0]), of.byHour(parts[2]), s.byMethodChart(of, parts[1])}
}

// chart begins a chart of takings.
func (of chartsOf) chart(id string, sum checkout.Takings) dashboard.Chart {
	return dashboard.Chart{
		ID: id, Title: of.text("charts." + id),
		Desc: of.text("charts.desc", "from", dashboard.FormatDay(of.v.lang, of.from), "to", dashboard.FormatDay(of.v.lang, of.to), "amount", of.amount(sum.Taken.Minor)),
		Head: []string{of.text("charts." + id + "_head"), of.text("takings.taken"), of.text("charts.payments"), of.text("takings.refunded")},
	}
}

func (of chartsOf) row(name string, t checkout.Takings) dashboard.ChartRow {
	return dashboard.ChartRow{Name: name, Cells: []string{of.amount(t.Taken.Minor), strconv.FormatInt(t.Taken.Count, 10), of.amount(t.Refunded.Minor)}}
}

func (of chartsOf) byDay(all []checkout.Takings) dashboard.Chart {
	chart := of.chart("by_day", total(all, of.currency))
	var values []dashboard.Value
	for day := of.from; day <= of.to; day++ {
		var t checkout.Takings
		if at := slices.IndexFunc(all, func(t checkout.Takings) bool { return t.Day == day }); at >= 0 {
			t = all[at]
		}

		name := dashboard.FormatShortDay(of.v.lang, day)
		value := dashboard.Value{Size: t.Taken.Minor, Title: name + ": " + of.amount(t.Taken.Minor)}
		if day == of.from || day == of.to || day == (of.from+of.to)/2 {
			value.Name = name
		}

		values = append(values, value)
		row := of.row(dashboard.FormatDay(of.v.lang, day), t)
		if t.Taken.Count != 0 {
			row.URL = figures{v: of.v, currency: of.currency}.list(day, "status", "succeeded")
		}
		chart.Rows = append(chart.Rows, row)
	}

	slices.Reverse(chart.Rows) // the newest first
	chart.Long, chart.Drawing = true, dashboard.Columns(values, of.amount)
	return chart
}

func (s *Server) byMethodChart(of chartsOf, all []checkout.Takings) dashboard.Chart {
	chart := of.chart("by_method", total(all, of.currency))
	sorted := byMethod(all, nil)
	var values []dashboard.Value
	for _, t := range sorted {
		name := s.methodName(t.Provider, t.Method)
		values = append(values, dashboard.Value{Size: t.Taken.Minor, Name: name, Title: of.amount(t.Taken.Minor)})
		chart.Rows = append(chart.Rows, of.row(name, t))
	}
	chart.Drawing = dashboard.Rows(values, sorted[0].Taken.Minor)
	return chart
}

func (of chartsOf) byHour(all []checkout.Takings) dashboard.Chart {
	chart := of.chart("by_hour", total(all, of.currency))
	var values []dashboard.Value
	for hour := range 24 {
		var t checkout.Takings
		if at := slices.IndexFunc(all, func(t checkout.Takings) bool { return t.Hour == hour }); at >= 0 {
			t = all[at]
		}

		name := strconv.Itoa(hour) + ":00"
		value := dashboard.Value{Size: t.Taken.Minor, Title: name + ": " + of.amount(t.Taken.Minor)}
		if hour%6 == 0 {
			value.Name = name
		}
		values = append(values, value)
		chart.Rows = append(chart.Rows, of.row(name, t))
	}
	chart.Long, chart.Drawing = true, dashboard.Columns(values, of.amount)
	return chart
}

// providersChart shows how the newest attempts of the period went, by provider.
func (s *Server) providersChart(c echo.Context, of chartsOf) (*dashboard.Chart, string, error) {
	outcomes, err := s.store.AttemptOutcomes(c.Request().Context(), of.v.merchant.ID, of.v.mode, of.from.Begin(), sampledAtMost)
	stats := checkout.StatsOf(outcomes)
	if err != nil || len(stats) == 0 {
		return nil, "", err
	}

	chart := dashboard.Chart{
		ID: "by_provider", Title: of.text("charts.by_provider"), Desc: of.text("charts.by_provider_desc"),
		Head: []string{of.text("charts.provider"), of.text("charts.attempts"), of.text("charts.paid"), of.text("charts.median"), of.text("charts.slow")},
	}
	var values []dashboard.Value
	for _, p := range stats {
		name, share := s.service.ProviderInfo(p.Provider).Name, int64(p.Paid*100/p.Attempts)
		paid := strconv.FormatInt(share, 10) + " %"
		values = append(values, dashboard.Value{Size: share, Name: name, Title: paid})
		row := dashboard.ChartRow{Name: name, Cells: []string{strconv.Itoa(p.Attempts), paid, "", ""}}
		if p.Paid > 0 {
			row.Cells[2], row.Cells[3] = of.wait(p.Median), of.wait(p.Slow)
		}
		chart.Rows = append(chart.Rows, row)
	}

	chart.Drawing = dashboard.Rows(values, 100)
	return &chart, of.text("charts.sample", "count", strconv.Itoa(len(outcomes))), nil
}

func (of chartsOf) wait(d time.Duration) string {
	return templates.FormatWait(of.v.lang, int(d.Round(time.Second)/time.Second))
}
