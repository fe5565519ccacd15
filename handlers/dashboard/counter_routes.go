package dashboard

import (
	"net/http"
	"slices"
	"strings"

	"rieltime/checkout/users"
)

// pollRoutes are requested by open pages again and again.
var pollRoutes = []string{"/counter/:session/status", "/counter/live", "/counter/received/live"}

// counterRoutes are the pages of whoever takes payments at a counter.
func (s *Server) counterRoutes() []route {
	return []route{
		{http.MethodGet, "/counter", users.TakePayments, false, s.showCounter},
		{http.MethodPost, "/counter", users.TakePayments, false, s.startSale},
		{http.MethodGet, pollRoutes[1], users.TakePayments, false, s.showCounterLive},
		{http.MethodGet, "/counter/received", users.TakePayments, false, s.showReceived},
		{http.MethodGet, pollRoutes[2], users.TakePayments, false, s.showReceivedLive},
		{http.MethodGet, "/counter/display", users.TakePayments, false, s.manageDisplay},
		{http.MethodPost, "/counter/display", users.TakePayments, false, s.newDisplay},
		{http.MethodPost, "/counter/display/unpair", users.TakePayments, false, s.unpairDisplay},
		{http.MethodGet, "/counter/shifts", users.TakePayments, false, s.listShifts},
		{http.MethodPost, "/counter/shifts", users.TakePayments, false, s.openShift},
		{http.MethodGet, "/counter/shifts/:shift", users.TakePayments, false, s.showShift},
		{http.MethodPost, "/counter/shifts/:shift/close", users.TakePayments, false, s.closeShift},
		{http.MethodGet, "/counter/:session", users.TakePayments, false, s.showSale},
		{http.MethodGet, pollRoutes[0], users.TakePayments, false, s.showSaleStatus},
		{http.MethodPost, "/counter/:session/code", users.TakePayments, false, s.renewCode},
		{http.MethodPost, "/counter/:session/cancel", users.TakePayments, false, s.cancelSale},
	}
}

// IsPoll reports whether a route is one that open pages request again and again.
func IsPoll(path string) bool {
	page, found := strings.CutPrefix(path, merchantRoute)
	return path == displayPollPath || found && slices.Contains(pollRoutes, page)
}
