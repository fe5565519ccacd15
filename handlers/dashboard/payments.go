package dashboard

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/checkout/users"
	"rieltime/web/templates"
	"rieltime/web/templates/dashboard"
)

const paymentsPerPage = 50

// listPayments shows payments, newest first. A row is a payment and not a session: what a
// shop's people look for is money, and a session may have several attempts of which each
// has its own fate: one expired, one paid late, one to give back. Sessions that nobody
// tried to pay are found by a search for their id, their reference or their customer.
func (s *Server) listPayments(c echo.Context, v viewer) error {
	filters := readFilters(c.QueryParams())
	list := dashboard.PaymentsPage{
		Page: s.page(c, v, "payments"), Path: v.path("/payments"), Search: filters["q"], Fields: s.filterFields(v, filters),
		Filtered: len(filters) > 0, Views: v.path("/views"), Query: filters.query().Encode(),
	}
	for _, field := range list.Fields {
		list.FieldsUsed = list.FieldsUsed || field.Value != ""
	}
	if err := s.setViews(c, v, &list); err != nil {
		return err
	}

	setDone(c, &list.Page, "view_saved", "view_deleted")
	filter, err := filters.parse()
	if problem, is := searchProblem(v.lang, err); is {
		list.Problem = problem
		return render(c, http.StatusUnprocessableEntity, dashboard.PaymentListPage(list))
	}
	if err != nil {
		return err
	}

	after, err := parsePosition(c.QueryParam("after"))
	if err != nil {
		return err
	}

	page, err := s.store.FindPayments(c.Request().Context(), v.merchant.ID, v.mode, filter, after, paymentsPerPage)
	if err != nil {
		return err
	}

	s.setRows(v, &list, page)
	if v.may(users.Export) {
		list.CSV, list.XLSX = filters.address(list.Path+"/export.csv", "", ""), filters.address(list.Path+"/export.xlsx", "", "")
	}
	setNeighbors(&list, filters, after, page.Next)
	if allDigits(filter.Text) && filter.Amount.Minor == 0 { // a reference, a phone number, or an amount
		typed := readFilters(c.QueryParams())
		typed["q"] = strings.Replace(typed["q"], filter.Text, "amount:"+filter.Text, 1)
		list.AsAmount, list.Number = typed.address(list.Path, "", ""), filter.Text
	}

	return render(c, http.StatusOK, dashboard.PaymentListPage(list))
}

// setNeighbors links to the first page of a list, from any other, and to the next.
func setNeighbors(list *dashboard.PaymentsPage, filters paymentFilters, after, next checkout.Position) {
	if !after.At.IsZero() {
		list.Newest = filters.address(list.Path, "", "")
	}
	if !next.At.IsZero() {
		list.Older = filters.address(list.Path, "after", positionText(next))
	}
}

func allDigits(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

func (s *Server) setRows(v viewer, list *dashboard.PaymentsPage, page checkout.PaymentPage) {
	for _, row := range page.Rows {
		list.Rows = append(list.Rows, s.paymentRow(v, row))
	}

	switch {
	case page.Partial:
		list.Note = dashboard.T(v.lang, "payments.partial", "time", templates.FormatTime(v.lang, page.Next.At))
	case page.Cut:
		list.Note = dashboard.T(v.lang, "payments.cut")
	}
}

// paymentRow shows a payment, or a session that nobody tried to pay.
func (s *Server) paymentRow(v viewer, row checkout.PaymentRow) dashboard.PaymentRow {
	session := row.Session
	shown := dashboard.PaymentRow{
		Time: templates.FormatTime(v.lang, session.CreatedAt), Reference: session.Reference, Customer: customerText(session.Customer),
		Amount: templates.FormatAmount(v.lang, string(session.Amount.Currency), session.Amount.Minor),
		State:  dashboard.State{Text: dashboard.T(v.lang, "state.none")},
	}
	if row.Payment == nil {
		shown.URL = v.path("/sessions/" + session.ID)
		return shown
	}

	shown.URL = v.path("/payments/" + row.Payment.ID)
	switch {
	case v.may(users.Review) && row.Payment.Review != checkout.ReviewNone && row.Payment.Decision == nil:
		shown.Review = shown.URL + "?open=" + formReview
	case v.may(users.Refund) && row.Payment.Refundable().Minor > 0:
		shown.Refund = shown.URL + "?open=" + formRefund
	}
	shown.Time = templates.FormatTime(v.lang, row.Payment.CreatedAt)
	shown.Method = s.methodName(row.Payment.Provider, row.Payment.Method)
	shown.State = stateView(v.lang, *row.Payment)
	return shown
}

// customerText is what distinguishes a customer from most others.
func customerText(customer checkout.Customer) string {
	for _, text := range []string{customer.Name, customer.Phone, customer.Email, customer.ID} {
		if text != "" {
			return text
		}
	}
	return ""
}

// stateView is the state of a payment that people see: money that waits for a decision
// first, then what was given back.
func stateView(lang string, p checkout.Payment) dashboard.State {
	state, tone := string(p.Status), ""
	switch {
	case p.Review != checkout.ReviewNone && p.Decision == nil:
		state, tone = string(p.Review), "warn"
	case p.Refunded > 0 && p.GivenBack():
		state = string(checkout.StateRefunded)
	case p.Refunded > 0:
		state = "partly_refunded"
	case p.Status == checkout.PaymentSucceeded:
		tone = "good"
	case p.Status == checkout.PaymentFailed:
		tone = "bad"
	}
	return dashboard.State{Text: dashboard.T(lang, "state."+state), Tone: tone}
}

// setViews shows the saved views.
func (s *Server) setViews(c echo.Context, v viewer, list *dashboard.PaymentsPage) error {
	views, err := s.store.SavedViews(c.Request().Context(), v.merchant.ID, v.user.ID)
	for _, view := range views {
		shown := dashboard.SavedView{Name: view.Name, URL: list.Path + "?" + view.Query, Shared: view.Shared, Current: view.Query == list.Query}
		if view.UserID == v.user.ID || v.may(users.ManageTeam) {
			shown.Delete = v.path("/views/" + view.ID + "/delete")
		}
		list.Saved = append(list.Saved, shown)
	}
	return err
}

const viewPrefix = "view_"

const maxViewName = 60

// saveView keeps the filters of the list under a name. Only known filters are stored,
// and only such as are understood.
func (s *Server) saveView(c echo.Context, v viewer) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}

	query, err := urlQuery(form.Get("query"))
	if err != nil {
		return err
	}
	filters := readFilters(query)
	if _, err := filters.parse(); err != nil {
		return errView
	}

	name := strings.TrimSpace(form.Get("name"))
	if err := checkout.CheckLabel("name", name, maxViewName); err != nil {
		return err
	}

	err = s.store.InsertSavedView(v.context(c), users.SavedView{
		ID: checkout.NewID(viewPrefix), MerchantID: v.merchant.ID, UserID: v.user.ID, Name: name,
		Query: filters.query().Encode(), Shared: form.Get("shared") == "yes", CreatedAt: s.now(),
	})
	if err != nil {
		return err
	}

	return redirect(c, filters.address(v.path("/payments"), "done", "view_saved"))
}

// deleteView deletes a view of the viewer's own, or for who manages the team a shared one.
func (s *Server) deleteView(c echo.Context, v viewer) error {
	if err := s.store.DeleteSavedView(v.context(c), v.merchant.ID, v.user.ID, c.Param("view"), v.may(users.ManageTeam)); err != nil {
		return err
	}
	return redirect(c, v.path("/payments?done=view_deleted"))
}
