package dashboard

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/checkout/users"
	"rieltime/handlers/internal/request"
	"rieltime/internal/cambodia"
	"rieltime/web/templates"
	"rieltime/web/templates/dashboard"
)

const dayClosePrefix = "dc_"

// dayCloseStore has the days that were closed, and what banks show of them.
type dayCloseStore interface {
	InsertDayClose(ctx context.Context, d checkout.DayClose) error
	ReopenDay(ctx context.Context, merchantID string, mode checkout.Mode, id string, reopen func(*checkout.DayClose) error) error
	DayCloses(ctx context.Context, merchantID string, mode checkout.Mode, day cambodia.Day) ([]checkout.DayClose, error)
	BankDays(ctx context.Context, accountID string, day cambodia.Day) (map[checkout.Currency]checkout.BankDay, error)
}

// accountDay is a day of an account in one currency: its figures now, and its closes.
type accountDay struct {
	key      checkout.DayKey
	provider string
	now      checkout.DayFigures
	closed   *checkout.DayClose // nil: it is not closed
	reopened []checkout.DayClose
}

// figures are those that count: of a closed day, as they were then.
func (d accountDay) figures() checkout.DayFigures {
	if d.closed != nil {
		return d.closed.Figures
	}
	return d.now
}

// accountDays are the accounts and currencies in which something happened on a day.
func (s *Server) accountDays(c echo.Context, v viewer, day cambodia.Day) (days []accountDay, err error) {
	ctx := c.Request().Context()
	accounts, err := s.ownAccounts(c, v)
	if err != nil {
		return nil, err
	}
	takings, err := s.takingsOf(ctx, v, day, day, checkout.TakingsByMethod)
	if err != nil {
		return nil, err
	}
	closes, err := s.store.DayCloses(ctx, v.merchant.ID, v.mode, day)
	if err != nil {
		return nil, err
	}

	for _, account := range accounts {
		bank, err := s.store.BankDays(ctx, account.ID, day)
		if err != nil {
			return nil, err
		}
		for _, currency := range checkout.Currencies() {
			one := accountDay{key: checkout.DayKey{MerchantID: v.merchant.ID, Mode: v.mode, AccountID: account.ID, Currency: currency, Day: day}, provider: account.Provider}
			one.now = dayFigures(takings, account.Provider, currency)
			if shown, is := bank[currency]; is {
				one.now.Bank = &shown
			}
			one.addCloses(closes)
			if !one.now.Empty() || one.closed != nil || len(one.reopened) > 0 {
				days = append(days, one)
			}
		}
	}
	return days, nil
}

func dayFigures(takings []checkout.Takings, provider string, currency checkout.Currency) (f checkout.DayFigures) {
	for _, t := range takings {
		if t.Provider == provider && t.Currency == currency {
			f.Taken, f.Refunded, f.InReview = f.Taken.Add(t.Taken), f.Refunded.Add(t.Refunded), f.InReview.Add(t.InReview)
		}
	}
	return f
}

func (d *accountDay) addCloses(closes []checkout.DayClose) {
	for i, one := range closes {
		switch {
		case one.DayKey != d.key:
		case one.ReopenedAt.IsZero():
			d.closed = &closes[i]
		default:
			d.reopened = append(d.reopened, one)
		}
	}
}

// closeAccount is the part of the close page about one account and currency. typed is the
// note of a form that was refused, with the reason.
func (s *Server) closeAccount(c echo.Context, v viewer, day accountDay, over bool) dashboard.CloseAccount {
	figures := day.figures()
	amount := func(minor int64) string { return templates.FormatAmount(v.lang, string(day.key.Currency), minor) }
	view := dashboard.CloseAccount{
		ID:      day.key.AccountID + "-" + string(day.key.Currency),
		Account: s.service.ProviderInfo(day.provider).Name, Currency: dashboard.T(v.lang, "currency."+string(day.key.Currency)),
		Taken: amount(figures.Taken.Minor), Refunded: amount(figures.Refunded.Minor), InReview: amount(figures.InReview.Minor), Net: amount(figures.Net()),
		Differs: figures.Difference() != 0,
	}
	if bank := figures.Bank; bank != nil {
		view.Fees, view.BankIn, view.BankOut, view.Difference = amount(bank.Fees.Minor), amount(bank.In.Minor), amount(bank.Out.Minor), amount(figures.Difference())
	}
	for _, one := range day.reopened {
		view.Reopened = append(view.Reopened, dashboard.T(v.lang, "close.reopened",
			"closer", s.actorName(c, one.ClosedBy), "closed", templates.FormatTime(v.lang, one.ClosedAt), "by", s.actorName(c, one.ReopenedBy), "at", templates.FormatTime(v.lang, one.ReopenedAt), "reason", one.Reason))
	}

	switch {
	case day.closed != nil:
		view.Closed, view.Changed = true, !figures.Same(day.now)
		view.Note, view.ClosedBy, view.ClosedAt = day.closed.Note, s.actorName(c, day.closed.ClosedBy), templates.FormatTime(v.lang, day.closed.ClosedAt)
		if v.may(users.ReopenDays) {
			view.ReopenURL = v.path("/close/days/" + day.closed.ID + "/reopen")
		}
	case over && v.may(users.Reconcile):
		seen, _ := json.Marshal(day.now) // figures can always be written
		view.CloseURL, view.AccountID, view.CurrencyCode, view.Seen = v.path("/close/days"), day.key.AccountID, string(day.key.Currency), string(seen)
	}
	return view
}

// closeAccountDay closes the day of one account and currency with the figures that the
// form shows.
func (s *Server) closeAccountDay(c echo.Context, v viewer) error {
	values, err := readForm(c)
	if err != nil {
		return err
	}
	day, err := cambodia.ParseDay(values.Get("day"))
	if err != nil {
		return checkout.ErrNotFound
	}
	days, err := s.accountDays(c, v, day)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(days, func(d accountDay) bool {
		return d.key.AccountID == values.Get("account") && string(d.key.Currency) == values.Get("currency")
	})
	if at < 0 {
		return checkout.ErrNotFound
	}

	var seen checkout.DayFigures
	if err := json.Unmarshal([]byte(values.Get("figures")), &seen); err != nil {
		return checkout.Invalidf("figures", "figures_invalid", "Show the page again.").WithCause(err)
	}
	ctx := v.context(c)
	closed, err := checkout.CloseDay(days[at].key, days[at].now, seen, values.Get("note"), checkout.ActorOf(ctx), s.now())
	if err == nil {
		err = s.store.InsertDayClose(ctx, closed)
	}
	return s.dayChanged(c, v, day, err, "day_closed")
}

// reopenDay ends a close, for a reason that is kept.
func (s *Server) reopenDay(c echo.Context, v viewer) error {
	id, err := request.PathID(c, "close", dayClosePrefix)
	if err != nil {
		return err
	}
	values, err := readForm(c)
	if err != nil {
		return err
	}

	ctx := v.context(c)
	var day cambodia.Day
	err = s.store.ReopenDay(ctx, v.merchant.ID, v.mode, id, func(d *checkout.DayClose) error {
		day = d.Day
		return d.Reopen(values.Get("reason"), checkout.ActorOf(ctx), s.now())
	})
	if errors.Is(err, checkout.ErrNotFound) {
		return err
	}
	return s.dayChanged(c, v, day, err, "day_reopened")
}

// dayChanged shows the day again, with what was wrong if something was.
func (s *Server) dayChanged(c echo.Context, v viewer, day cambodia.Day, err error, done string) error {
	if err == nil {
		return redirect(c, v.closePath("/close", day)+"&done="+done)
	}
	var wrong *checkout.Error
	if !errors.As(err, &wrong) || wrong.Kind != checkout.KindInvalid && wrong.Kind != checkout.KindConflict {
		return err
	}
	status := http.StatusConflict
	if wrong.Kind == checkout.KindInvalid {
		status = http.StatusUnprocessableEntity
	}
	return s.closePage(c, v, day, status, dashboard.T(v.lang, "close.wrong_"+wrong.Code))
}

// closeColumns are the columns of an exported close: "close.column_<name>" are their titles.
var closeColumns = []string{"day", "account", "currency", "taken", "taken_count", "refunded", "refunded_count", "in_review", "fees", "net", "bank_in", "bank_out", "difference", "note", "closed_at", "closed_by"}

// exportClose returns the handler of a file with the figures of a day.
func (s *Server) exportClose(extension, contentType string, open func(w io.Writer) (exporter, error)) func(echo.Context, viewer) error {
	return func(c echo.Context, v viewer) error {
		day := s.closeDay(c)
		days, err := s.accountDays(c, v, day)
		if err != nil {
			return err
		}
		if err := s.store.Audit(v.context(c), "close.export", v.merchant.ID, map[string]any{"kind": extension, "mode": v.mode, "day": day.String()}); err != nil {
			return err
		}

		name := "close-" + v.merchant.ID + "-" + string(v.mode) + "-" + day.String() + "." + extension
		header := c.Response().Header()
		header.Set(echo.HeaderContentType, contentType)
		header.Set(echo.HeaderContentDisposition, mime.FormatMediaType("attachment", map[string]string{"filename": name}))
		header.Set(echo.HeaderCacheControl, "no-store")

		file, err := open(c.Response())
		if err == nil {
			err = s.writeClose(c, v, days, file)
		}
		return s.endExport(c, err)
	}
}

func (s *Server) writeClose(c echo.Context, v viewer, days []accountDay, file exporter) error {
	titles := make([]cell, len(closeColumns))
	for i, column := range closeColumns {
		titles[i].text = dashboard.T(v.lang, "close.column_"+column)
	}
	if err := file.row(titles); err != nil {
		return err
	}
	for _, one := range days {
		if err := file.row(s.closeCells(c, one)); err != nil {
			return err
		}
	}
	return file.close()
}

func (s *Server) closeCells(c echo.Context, day accountDay) []cell {
	figures := day.figures()
	text := func(text string) cell { return cell{text: text} }
	amount := func(minor int64) cell { return cell{amount: checkout.Money{Minor: minor, Currency: day.key.Currency}} }
	count := func(n int64) cell { return text(strconv.FormatInt(n, 10)) }
	cells := []cell{
		text(day.key.Day.String()), text(s.service.ProviderInfo(day.provider).Name), text(string(day.key.Currency)),
		amount(figures.Taken.Minor), count(figures.Taken.Count), amount(figures.Refunded.Minor), count(figures.Refunded.Count), amount(figures.InReview.Minor),
	}

	if bank := figures.Bank; bank != nil {
		cells = append(cells, amount(bank.Fees.Minor), amount(figures.Net()), amount(bank.In.Minor), amount(bank.Out.Minor), amount(figures.Difference()))
	} else {
		cells = append(cells, cell{}, amount(figures.Net()), cell{}, cell{}, cell{})
	}
	if day.closed == nil {
		return append(cells, cell{}, cell{}, cell{})
	}
	return append(cells, text(day.closed.Note), text(day.closed.ClosedAt.In(cambodia.Zone).Format("2006-01-02 15:04:05")), text(strings.TrimSpace(s.actorName(c, day.closed.ClosedBy))))
}
