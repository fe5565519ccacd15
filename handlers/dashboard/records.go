package dashboard

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/checkout/reconcile"
	"rieltime/checkout/users"
	"rieltime/handlers/internal/request"
	"rieltime/internal/cambodia"
	"rieltime/web/templates"
	"rieltime/web/templates/dashboard"
)

const (
	reportsListed = 100
	compareTime   = 30 * time.Second
	answerWait    = 8 * time.Second // what is not answered by then shows in the next report
)

func (s *Server) recordRoutes() []route {
	return []route{
		{http.MethodGet, "/records", users.Reconcile, false, s.listRecords},
		{http.MethodPost, "/records", users.Reconcile, false, s.compareRecords},
		{http.MethodGet, "/records/:account/:day", users.Reconcile, false, s.showReport},
		{http.MethodPost, "/records/:account/:day", users.Reconcile, false, s.explainReport},
	}
}

// recordStore has the reports that compare our payments with the providers' records.
type recordStore interface {
	reconcile.Store

	Report(ctx context.Context, key reconcile.Key) (reconcile.Kept, error)
	Reports(ctx context.Context, merchantID string, mode checkout.Mode, to cambodia.Day, limit int) ([]reconcile.Kept, error)
	OpenReports(ctx context.Context, merchantID string, mode checkout.Mode, after time.Time) (count int, last time.Time, err error)
}

func (s *Server) listRecords(c echo.Context, v viewer) error { return s.recordsPage(c, v, nil) }

// recordsPage lists the reports, with the form that makes new ones and the names of
// providers of which none could be made.
func (s *Server) recordsPage(c echo.Context, v viewer, failed []string) error {
	accounts, err := s.ownAccounts(c, v)
	if err != nil {
		return err
	}
	today := cambodia.DayOf(s.now())
	reports, err := s.store.Reports(c.Request().Context(), v.merchant.ID, v.mode, today, reportsListed)
	if err != nil {
		return err
	}

	view := dashboard.Records{Page: s.page(c, v, "records"), Day: (today - 1).String()}
	setDone(c, &view.Page, "records_compared", "records_explained")
	if len(accounts) > 0 {
		view.CompareURL = v.path("/records")
	}
	for _, name := range failed {
		view.Failed = append(view.Failed, dashboard.T(v.lang, "records.failed", "provider", name))
	}
	for _, report := range reports {
		view.Rows = append(view.Rows, s.reportView(v, report))
	}
	return render(c, http.StatusOK, dashboard.RecordsPage(view))
}

func (s *Server) reportView(v viewer, report reconcile.Kept) dashboard.RecordsDay {
	state, look := "fine", "good"
	switch {
	case report.Open():
		state, look = "open", "warn"
	case report.Differences() > 0:
		state, look = "explained", ""
	case report.Unanswered > 0:
		state, look = "unanswered", ""
	}
	return dashboard.RecordsDay{
		URL: v.path("/records/" + url.PathEscape(report.Account) + "/" + report.Day.String()), Day: dashboard.FormatDay(v.lang, report.Day),
		Account: s.service.ProviderInfo(report.Provider).Name, Means: dashboard.T(v.lang, "records.means_"+string(report.Means)), At: templates.FormatTime(v.lang, report.MadeAt),
		Matched: strconv.Itoa(report.Matched), Found: strconv.Itoa(len(report.Found)), Unanswered: strconv.Itoa(report.Unanswered), Differences: strconv.Itoa(report.Differences()),
		State: dashboard.T(v.lang, "records."+state), Look: look,
	}
}

// compareRecords makes the reports of a day. Money that asking finds is recorded by the
// verifier, whether the browser waits for it or not.
func (s *Server) compareRecords(c echo.Context, v viewer) error {
	values, err := readForm(c)
	if err != nil {
		return err
	}
	day, err := cambodia.ParseDay(values.Get("day"))
	if err != nil || day > cambodia.DayOf(s.now()) {
		return checkout.Invalidf("day", "day_invalid", "Choose a day that has begun.")
	}
	accounts, err := s.ownAccounts(c, v)
	if err != nil {
		return err
	}
	if err := extendTime(c, 2*compareTime); err != nil {
		return err
	}

	ctx, cancel := context.WithTimeout(context.WithoutCancel(v.context(c)), compareTime)
	defer cancel()
	reports, err := s.reconcile.Accounts(ctx, accounts, reconcile.Request{Day: day, AnsweredSince: s.now().Add(-reconcile.AskAgainAfter), Wait: answerWait})
	if err == nil {
		return redirect(c, v.path("/records?done=records_compared"))
	}

	s.log.WarnContext(ctx, "reconciliation failed", "merchant", v.merchant.ID, "mode", v.mode, "day", day, "error", err)
	var failed []string
	for _, account := range accounts {
		if !slices.ContainsFunc(reports, func(r reconcile.Report) bool { return r.Account == account.ID }) {
			failed = append(failed, s.service.ProviderInfo(account.Provider).Name)
		}
	}
	return s.recordsPage(c, v, failed)
}

// ownReport loads the report of the path.
func (s *Server) ownReport(c echo.Context, v viewer) (reconcile.Kept, error) {
	id, err := request.PathID(c, "account", "acct_")
	if err != nil {
		return reconcile.Kept{}, err
	}
	day, err := cambodia.ParseDay(c.Param("day"))
	if err != nil {
		return reconcile.Kept{}, checkout.ErrNotFound
	}
	return s.store.Report(c.Request().Context(), reconcile.Key{MerchantID: v.merchant.ID, Mode: v.mode, AccountID: id, Day: day})
}

func (s *Server) showReport(c echo.Context, v viewer) error {
	report, err := s.ownReport(c, v)
	if err != nil {
		return err
	}
	return s.reportPage(c, v, report, url.Values{}, nil)
}

// explainReport stores what the viewer says about a report. It settles nothing.
func (s *Server) explainReport(c echo.Context, v viewer) error {
	report, err := s.ownReport(c, v)
	if err != nil {
		return err
	}
	values, err := readForm(c)
	if err != nil {
		return err
	}
	if err := s.reconcile.Explain(v.context(c), report.Key(), strings.TrimSpace(values.Get("note"))); err != nil {
		return s.reportPage(c, v, report, values, err)
	}
	return redirect(c, v.path("/records?done=records_explained"))
}

func (s *Server) reportPage(c echo.Context, v viewer, report reconcile.Kept, values url.Values, wrong error) error {
	view := dashboard.RecordsReport{
		Page: s.page(c, v, "records"), RecordsDay: s.reportView(v, report), Lists: orderLists(v, report.Report), Note: report.Explanation.Note, BackURL: v.path("/records"),
	}
	if !report.Explanation.At.IsZero() {
		view.ExplainedBy, view.ExplainedAt = s.actorName(c, report.Explanation.By), templates.FormatTime(v.lang, report.Explanation.At)
	}

	status := http.StatusOK
	if report.Open() {
		form := dashboard.Form{Action: view.URL, Submit: dashboard.T(v.lang, "form.save"), Fields: []dashboard.Field{
			{Name: "note", Label: dashboard.T(v.lang, "statement.note"), Required: true, MaxLength: noteLength, Value: values.Get("note"), Hint: dashboard.T(v.lang, "statement.note.hint")},
		}}
		if wrong != nil {
			var err error
			if status, err = refused(&form, wrong); err != nil {
				return err
			}
		}
		view.Form = &form
	} else if wrong != nil {
		return wrong
	}
	return render(c, status, dashboard.RecordsReportPage(view))
}

func orderLists(v viewer, report reconcile.Report) (lists []dashboard.RecordsList) {
	for _, one := range []struct {
		title  string
		orders []checkout.Order
	}{{"found", report.Found}, {"missing", report.Missing}, {"extra", report.Extra}} {
		list := dashboard.RecordsList{Title: dashboard.T(v.lang, "records."+one.title)}
		for _, order := range one.orders {
			list.Rows = append(list.Rows, orderView(order))
		}
		if len(list.Rows) > 0 {
			lists = append(lists, list)
		}
	}

	different := dashboard.RecordsList{Title: dashboard.T(v.lang, "records.different"), Theirs: true}
	for _, both := range report.Different {
		row := orderView(both.Ours)
		row.Theirs, row.Transaction = orderAmount(both.Theirs)+" · "+both.Theirs.Status, both.Theirs.TransactionID
		different.Rows = append(different.Rows, row)
	}
	if len(different.Rows) > 0 {
		lists = append(lists, different)
	}
	return lists
}

func orderView(order checkout.Order) dashboard.RecordsOrder {
	return dashboard.RecordsOrder{Reference: order.Reference, Transaction: order.TransactionID, Amount: orderAmount(order), Status: order.Status}
}

// orderAmount is an amount as the provider writes it: it need not be one of ours.
func orderAmount(order checkout.Order) string { return order.Amount + " " + order.Currency }
