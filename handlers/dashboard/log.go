package dashboard

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/web/templates/dashboard"
)

const logLength = 20 // events that the live log begins with, and at most adds at once

// showLog shows the newest events of test mode, and new ones as they come.
func (s *Server) showLog(c echo.Context, v viewer) error {
	if v.mode != checkout.ModeTest {
		return checkout.ErrNotFound
	}

	events, err := s.store.LatestEvents(c.Request().Context(), v.merchant.ID, v.mode, logLength)
	if err != nil {
		return err
	}
	return render(c, http.StatusOK, dashboard.LivePage(s.logPage(c, v, events, 0)))
}

// showLogEvents is what the live log asks for again and again: the events after a
// number of the feed.
func (s *Server) showLogEvents(c echo.Context, v viewer) error {
	after, err := strconv.ParseInt(c.QueryParam("after"), 10, 64)
	if err != nil || after < 0 || v.mode != checkout.ModeTest {
		return checkout.ErrNotFound
	}

	events, _, err := s.store.ListEvents(c.Request().Context(), v.merchant.ID, v.mode, checkout.EventQuery{AfterSequence: after, Limit: logLength})
	if err != nil {
		return err
	}

	slices.Reverse(events)
	return render(c, http.StatusOK, dashboard.LogNews(s.logPage(c, v, events, after)))
}

// logPage shows events, the newest first, and asks for those after them, or after the
// number of the feed where there are none.
func (s *Server) logPage(c echo.Context, v viewer, events []checkout.Event, after int64) dashboard.LogPage {
	page := dashboard.LogPage{Page: s.titled(c, v, "webhooks", "webhooks.log"), HereURL: v.path("/webhooks/log")}
	for _, event := range events {
		after = max(after, event.Sequence)
		page.Events = append(page.Events, dashboard.LogEvent{
			Sequence: event.Sequence, Type: string(event.Type), ID: event.ID, At: secondText(event.CreatedAt), Body: indented(event.Body),
		})
	}
	page.PollURL = v.path("/webhooks/log/events?after=" + strconv.FormatInt(after, 10))
	return page
}
