package api

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

// prefix is where every address of the API begins.
const prefix = "/v1/"

// Owns reports whether a path or a route belongs to the API.
func Owns(path string) bool { return strings.HasPrefix(path+"/", prefix) }

// Register adds the routes of the API. Every one of them needs an API key.
func (s *Server) Register(e *echo.Echo) {
	get := func(path string, handle merchantHandler) {
		e.Match([]string{http.MethodGet, http.MethodHead}, path, s.requireKey(handle))
	}
	post := func(path string, o operation) { e.POST(path, s.requireKey(s.idempotent(o))) }

	post(sessionsRoute, atomic(s.createSession))
	get(sessionsRoute, s.listSessions)
	get(sessionsRoute+"/:session", s.getSession)
	post(sessionsRoute+"/:session/expire", leased(s.expireSession))

	get("/v1/payments", s.listPayments)
	get("/v1/payments/:payment", s.getPayment)
	post("/v1/payments/:payment/review", leased(s.reviewPayment))

	post(refundsRoute, leased(s.createRefund))
	get(refundsRoute, s.listRefunds)
	get(refundsRoute+"/:refund", s.getRefund)

	post(linksRoute, leased(s.createLink))
	get(linksRoute, s.listLinks)
	get(linksRoute+"/:link", s.getLink)
	post(linksRoute+"/:link/deactivate", leased(s.deactivateLink))

	post(endpointsRoute, leased(s.createEndpoint))
	get(endpointsRoute, s.listEndpoints)
	get(endpointsRoute+"/:endpoint", s.getEndpoint)
	post(endpointsRoute+"/:endpoint", leased(s.updateEndpoint))
	e.DELETE(endpointsRoute+"/:endpoint", s.requireKey(s.deleteEndpoint))
	post(endpointsRoute+"/:endpoint/rotate_secret", leased(s.rotateSecret))
	post(endpointsRoute+"/:endpoint/test", leased(s.testEndpoint))

	get(endpointsRoute+"/:endpoint/deliveries", s.listDeliveries)
	post(endpointsRoute+"/:endpoint/redeliver", leased(s.redeliver))
	post(endpointsRoute+"/:endpoint/deliveries/:delivery/redeliver", leased(s.redeliverOne))

	get("/v1/events", s.listEvents)
	get("/v1/events/:event", s.getEvent)
}
