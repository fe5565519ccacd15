package dashboard

import (
	"net/http"

	"rieltime/checkout/users"
)

// purchaseRoutes are the page of a payment, or of a session, and what is done there. What
// moves money needs a recent proof of who the viewer is. An event about a purchase may be
// sent again by whoever manages sessions: it changes no settings of webhooks.
func (s *Server) purchaseRoutes() []route {
	return []route{
		{http.MethodGet, "/payments/:payment", users.ViewPayments, false, s.showPayment},
		{http.MethodPost, "/payments/:payment/check", users.ManageSessions, false, s.queryPayment},
		{http.MethodPost, "/payments/:payment/refunds", users.Refund, true, s.refundPayment},
		{http.MethodPost, "/payments/:payment/review", users.Review, true, s.decideReview},
		{http.MethodGet, "/sessions/:session", users.ViewPayments, false, s.showSession},
		{http.MethodPost, "/sessions/:session/extend", users.ManageSessions, false, s.extendSession},
		{http.MethodPost, "/sessions/:session/close", users.ManageSessions, false, s.closeSession},
		{http.MethodPost, "/sessions/:session/events/:event/resend", users.ManageSessions, false, s.resendEvent},
	}
}
