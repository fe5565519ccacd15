package dashboard

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/checkout/users"
	"rieltime/handlers/internal/failure"
	"rieltime/handlers/internal/request"
	"rieltime/web/templates"
	"rieltime/web/templates/dashboard"
)

const (
	shiftPrefix     = "shift_"
	shiftListLength = 30
)

// shiftStore has the shifts.
type shiftStore interface {
	InsertShift(ctx context.Context, shift checkout.Shift) error
	Shift(ctx context.Context, id string) (checkout.Shift, error)

	// OpenShift finds the open shift of a cashier.
	OpenShift(ctx context.Context, merchantID string, mode checkout.Mode, cashierID string) (checkout.Shift, error)

	// Shifts lists a cashier's shifts, or all with an empty id, the latest first.
	Shifts(ctx context.Context, merchantID string, mode checkout.Mode, cashierID string, after checkout.Position, limit int) ([]checkout.Shift, error)

	// CloseShift closes a shift as count says, which gets what its sales have taken.
	CloseShift(ctx context.Context, id string, now time.Time, count func(*checkout.Shift, []checkout.SaleTakings) error) error
}

// shiftProblems are errors of the forms of shifts, which the pages show in the viewer's
// language: "shift.wrong_<code>".
var shiftProblems = []string{"shift_open", "shift_closed", "note_missing", "note_too_long", "count_invalid", "count_missing"}

func (s *Server) listShifts(c echo.Context, v viewer) error {
	return s.shiftsPage(c, v, url.Values{}, nil)
}

// shiftsPage lists the viewer's shifts, or everybody's, with the form of a new one and
// why it was refused, if it was.
func (s *Server) shiftsPage(c echo.Context, v viewer, typed url.Values, wrong error) error {
	ctx := c.Request().Context()
	after, err := recordedPosition(c.QueryParam("after"))
	if err != nil {
		return err
	}
	cashier := v.user.ID
	if v.may(users.ViewPayments) {
		cashier = ""
	}
	shifts, err := s.store.Shifts(ctx, v.merchant.ID, v.mode, cashier, after, shiftListLength+1)
	if err != nil {
		return err
	}
	names, err := s.memberNames(ctx, v)
	if err != nil {
		return err
	}

	view := dashboard.Shifts{Page: s.titled(c, v, "counter", "shift.list"), CounterURL: v.path("/counter"), All: cashier == ""}
	if len(shifts) > shiftListLength {
		shifts = shifts[:shiftListLength]
		last := shifts[shiftListLength-1]
		view.Older = v.path("/counter/shifts?after=" + url.QueryEscape(strconv.FormatInt(last.OpenedAt.UnixMilli(), 10)+"."+last.ID))
	}
	for _, shift := range shifts {
		view.Rows = append(view.Rows, dashboard.ShiftRow{
			URL: v.path("/counter/shifts/" + shift.ID), Cashier: names[shift.CashierID], OpenedAt: templates.FormatTime(v.lang, shift.OpenedAt),
			ClosedAt: formatTime(v, shift.ClosedAt), Differs: differs(shift),
		})
	}

	status := http.StatusOK
	own, err := s.store.OpenShift(ctx, v.merchant.ID, v.mode, v.user.ID)
	switch {
	case err == nil:
		view.OpenURL = v.path("/counter/shifts/" + own.ID)
	case errors.Is(err, checkout.ErrNotFound):
		view.Form = openingForm(v, typed)
	default:
		return err
	}
	if wrong != nil {
		if status, err = refuseShift(v, &view.Form, wrong); err != nil {
			return err
		}
	}
	return render(c, status, dashboard.ShiftsPage(view))
}

// formatTime is empty for the zero time.
func formatTime(v viewer, at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return templates.FormatTime(v.lang, at)
}

// memberNames are the names of a merchant's members by their ids.
func (s *Server) memberNames(ctx context.Context, v viewer) (map[string]string, error) {
	members, err := s.users.Members(ctx, v.merchant.ID)
	names := map[string]string{v.user.ID: v.user.DisplayName()} // also of an operator
	for _, member := range members {
		names[member.ID] = member.DisplayName()
	}
	return names, err
}

// shiftTexts are what was typed about each currency.
func shiftTexts(form url.Values) (texts []checkout.ShiftText) {
	for _, currency := range checkout.CounterCurrencies() {
		typed := func(name string) string { return checkout.TypedAmount(form.Get(countName(name, currency))) }
		texts = append(texts, checkout.ShiftText{Currency: currency, Cash: typed("cash"), CashSales: typed("cash_sales"), OtherSales: typed("other_sales")})
	}
	return texts
}

// countName is the field of a count, as the errors of checkout name it.
func countName(name string, currency checkout.Currency) string {
	return name + "_" + strings.ToLower(string(currency))
}

func countField(name string, currency checkout.Currency, typed url.Values) dashboard.CountField {
	field := countName(name, currency)
	return dashboard.CountField{Name: field, Text: "shift." + name, Value: typed.Get(field)}
}

func openingForm(v viewer, typed url.Values) dashboard.ShiftForm {
	form := dashboard.ShiftForm{Action: v.path("/counter/shifts")}
	for _, currency := range checkout.CounterCurrencies() {
		form.Counts = append(form.Counts, dashboard.CountGroup{Currency: string(currency), Fields: []dashboard.CountField{countField("cash", currency, typed)}})
	}
	return form
}

func closingForm(v viewer, shiftID string, typed url.Values) dashboard.ShiftForm {
	form := dashboard.ShiftForm{Action: v.path("/counter/shifts/" + shiftID + "/close"), Closing: true, Note: typed.Get("note")}
	for _, currency := range checkout.CounterCurrencies() {
		group := dashboard.CountGroup{Currency: string(currency)}
		for _, name := range []string{"cash", "cash_sales", "other_sales"} {
			group.Fields = append(group.Fields, countField(name, currency, typed))
		}
		form.Counts = append(form.Counts, group)
	}
	return form
}

// refuseShift puts what is wrong into a form of a shift.
func refuseShift(v viewer, form *dashboard.ShiftForm, wrong error) (status int, err error) {
	all := checkout.AllErrors(wrong)
	for _, code := range shiftProblems {
		if len(all) != 1 || all[0].Code != code {
			continue
		}
		form.Problem, form.Wrong = dashboard.T(v.lang, "shift.wrong_"+code), all[0].Param
		if all[0].Kind == checkout.KindInvalid {
			return http.StatusUnprocessableEntity, nil
		}
		return failure.StatusOf(all[0].Kind), nil
	}
	return 0, wrong
}

// openShift opens a shift of the viewer's with the cash that they have counted.
func (s *Server) openShift(c echo.Context, v viewer) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	shift, err := checkout.OpenShift(v.merchant.ID, v.mode, v.user.ID, shiftTexts(form), s.now())
	if err == nil {
		err = s.store.InsertShift(v.context(c), shift)
	}
	if err != nil {
		return s.shiftsPage(c, v, form, err)
	}
	return c.Redirect(http.StatusSeeOther, v.path("/counter"))
}

// ownShift loads the shift of the path. Whoever sees all payments sees everybody's
// shifts, others their own: any other is unknown.
func (s *Server) ownShift(c echo.Context, v viewer) (checkout.Shift, error) {
	id, err := request.PathID(c, "shift", shiftPrefix)
	if err != nil {
		return checkout.Shift{}, err
	}
	shift, err := s.store.Shift(c.Request().Context(), id)
	if err == nil && (shift.MerchantID != v.merchant.ID || shift.Mode != v.mode || shift.CashierID != v.user.ID && !v.may(users.ViewPayments)) {
		err = checkout.ErrNotFound
	}
	return shift, err
}

func (s *Server) showShift(c echo.Context, v viewer) error {
	shift, err := s.ownShift(c, v)
	if err != nil {
		return err
	}
	return s.shiftPage(c, v, shift, url.Values{}, nil)
}

// closeShift closes a shift with what was counted: the viewer's own, or anybody's whom
// the viewer sees.
func (s *Server) closeShift(c echo.Context, v viewer) error {
	shift, err := s.ownShift(c, v)
	if err != nil {
		return err
	}
	form, err := readForm(c)
	if err != nil {
		return err
	}

	now := s.now()
	err = s.store.CloseShift(v.context(c), shift.ID, now, func(stored *checkout.Shift, taken []checkout.SaleTakings) error {
		err := stored.CloseAt(now, v.user.ID, shiftTexts(form), form.Get("note"), taken)
		shift = *stored // with the differences, where they need a note
		return err
	})
	if err != nil {
		return s.shiftPage(c, v, shift, form, err)
	}
	return c.Redirect(http.StatusSeeOther, v.path("/counter/shifts/"+shift.ID))
}
