package dashboard

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/checkout/users"
	"rieltime/internal/cambodia"
	"rieltime/web/templates"
	"rieltime/web/templates/dashboard"
)

const (
	salesShown = 20

	// What came by links and posters is shown for so long: enough to hand out the goods,
	// and not a list of a shop's payments for who may not see those.
	receivedFor   = 10 * time.Minute
	receivedShown = 20
	justNow       = time.Minute
)

// counterLive is what the page of the keypad keeps up to date: what came by links and
// posters, and the viewer's own sales of the day.
func (s *Server) counterLive(c echo.Context, v viewer) (dashboard.CounterLive, error) {
	live := dashboard.CounterLive{Page: s.titled(c, v, "counter", "received.title"), ShiftsURL: v.path("/counter/shifts"), ReceivedURL: v.path("/counter/received"), DisplayURL: v.path("/counter/display")}
	if err := s.addReceived(c, v, &live); err != nil {
		return live, err
	}
	if err := s.addSalesOfToday(c, v, &live); err != nil {
		return live, err
	}

	shift, err := s.store.OpenShift(c.Request().Context(), v.merchant.ID, v.mode, v.user.ID)
	switch {
	case errors.Is(err, checkout.ErrNotFound): // the page leads to the form of a new one
	case err != nil:
		return live, err
	default:
		live.ShiftSince, live.ShiftURL = templates.FormatClock(shift.OpenedAt), v.path("/counter/shifts/"+shift.ID)
	}

	live.PollURL, live.Shown, err = livePoll(v, "/counter/live", []any{live.Lately, live.Before, live.Sales, live.Today, live.ShiftURL})
	return live, err
}

// livePoll is the address of the poll of a page that shows something, and the name of
// what it shows.
func livePoll(v viewer, page string, shows any) (address, shown string, err error) {
	text, err := json.Marshal(shows)
	if err != nil {
		return "", "", err
	}
	sum := sha256.Sum256(text)
	shown = hex.EncodeToString(sum[:8])
	return v.path(page) + "?" + url.Values{"shown": {shown}, "lang": {v.lang}}.Encode(), shown, nil
}

// addReceived adds what came by links and posters, that of the last minute apart.
func (s *Server) addReceived(c echo.Context, v viewer, live *dashboard.CounterLive) error {
	now := s.now()
	payments, err := s.store.LinkPayments(c.Request().Context(), v.merchant.ID, v.mode, now.Add(-receivedFor), receivedShown)
	if err != nil {
		return err
	}

	for _, p := range payments {
		row := dashboard.ReceivedRow{
			At: templates.FormatSecond(p.RecordedAt), Amount: formatMoney(v, p.Came), Note: p.Description, Attention: p.Attention,
			URL: v.pathFor(users.ViewPayments, "/sessions/"+p.SessionID),
		}
		if now.Sub(p.RecordedAt) < justNow {
			live.Lately = append(live.Lately, row)
		} else {
			live.Before = append(live.Before, row)
		}
	}
	return nil
}

// showCounterLive is what an open page of the keypad polls: empty while it still holds.
func (s *Server) showCounterLive(c echo.Context, v viewer) error {
	live, err := s.counterLive(c, v)
	if err != nil {
		return err
	}
	if live.Shown == c.QueryParam("shown") {
		return c.NoContent(http.StatusNoContent)
	}
	return render(c, http.StatusOK, dashboard.CounterLivePart(live))
}

// showReceived is a page of what came by links and posters alone: for a screen at a
// stall, and for browsers without JavaScript, which load it again.
func (s *Server) showReceived(c echo.Context, v viewer) error {
	live, err := s.received(c, v)
	if err != nil {
		return err
	}
	return render(c, http.StatusOK, dashboard.ReceivedPage(live))
}

func (s *Server) received(c echo.Context, v viewer) (dashboard.CounterLive, error) {
	live := dashboard.CounterLive{Page: s.titled(c, v, "counter", "received.title"), CounterURL: v.path("/counter")}
	live.Refresh = refreshPause
	if err := s.addReceived(c, v, &live); err != nil {
		return live, err
	}
	var err error
	live.PollURL, live.Shown, err = livePoll(v, "/counter/received/live", []any{live.Lately, live.Before})
	return live, err
}

func (s *Server) showReceivedLive(c echo.Context, v viewer) error {
	live, err := s.received(c, v)
	if err != nil {
		return err
	}
	if live.Shown == c.QueryParam("shown") {
		return c.NoContent(http.StatusNoContent)
	}
	return render(c, http.StatusOK, dashboard.ReceivedPart(live))
}

// addSalesOfToday adds the viewer's own sales of the day and what they took.
func (s *Server) addSalesOfToday(c echo.Context, v viewer, live *dashboard.CounterLive) error {
	ctx, day := c.Request().Context(), cambodia.DayOf(s.now())
	today := checkout.TimeRange{From: day.Begin(), To: (day + 1).Begin()}
	sales, err := s.store.Sales(ctx, v.merchant.ID, v.mode, v.user.ID, today, salesShown)
	if err != nil {
		return err
	}
	for _, sale := range sales {
		live.Sales = append(live.Sales, s.saleRow(v, sale))
	}

	taken, err := s.store.SaleTakings(ctx, v.merchant.ID, v.mode, v.user.ID, today)
	if err != nil {
		return err
	}
	for _, currency := range checkout.CounterCurrencies() {
		live.Today = append(live.Today, formatMoney(v, checkout.Money{Minor: checkout.SumTaken(taken, currency), Currency: currency}))
	}
	return nil
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
