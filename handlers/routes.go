package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"rieltime/web/static"
)

// Routes that are asked for all the time.
const (
	statusRoute = "/c/:session/status"
	payRoute    = "/c/:session/payments"
	checkRoute  = "/c/:session/check"
	cardRoute   = "/c/:session/card"
	healthRoute = "/healthz"
	readyRoute  = "/readyz"
	staticRoute = static.Prefix + "*"
)

const sessionsRoute = "/v1/checkout/sessions"

// routes is the one list of what this server answers.
func (s *server) routes(e *echo.Echo) {
	read := func(path string, handler echo.HandlerFunc, around ...echo.MiddlewareFunc) {
		e.Match([]string{http.MethodGet, http.MethodHead}, path, handler, around...)
	}
	zip := middleware.GzipWithConfig(middleware.GzipConfig{Level: 1, MinLength: 1400, Skipper: refusesGzip})

	// Merchant API
	e.POST(sessionsRoute, s.requireKey(s.createSession))
	read(sessionsRoute, s.requireKey(s.listSessions))
	read(sessionsRoute+"/:session", s.requireKey(s.getSession))
	e.POST(sessionsRoute+"/:session/expire", s.requireKey(s.expireSession))
	read("/v1/payments", s.requireKey(s.listPayments))
	read("/v1/payments/:payment", s.requireKey(s.getPayment))
	e.POST("/v1/payments/:payment/review", s.requireKey(s.reviewPayment))
	e.POST("/v1/refunds", s.requireKey(s.createRefund))
	read("/v1/refunds", s.requireKey(s.listRefunds))
	read("/v1/refunds/:refund", s.requireKey(s.getRefund))
	e.POST("/v1/payment_links", s.requireKey(s.createLink))
	read("/v1/payment_links", s.requireKey(s.listLinks))
	read("/v1/payment_links/:link", s.requireKey(s.getLink))
	e.POST("/v1/payment_links/:link/deactivate", s.requireKey(s.deactivateLink))
	e.POST(endpointsRoute, s.requireKey(s.createEndpoint))
	read(endpointsRoute, s.requireKey(s.listEndpoints))
	read(endpointsRoute+"/:endpoint", s.requireKey(s.endpoint(s.getEndpoint)))
	e.POST(endpointsRoute+"/:endpoint", s.requireKey(s.endpoint(s.updateEndpoint)))
	e.DELETE(endpointsRoute+"/:endpoint", s.requireKey(s.endpoint(s.deleteEndpoint)))
	e.POST(endpointsRoute+"/:endpoint/rotate_secret", s.requireKey(s.endpoint(s.rotateSecret)))
	e.POST(endpointsRoute+"/:endpoint/test", s.requireKey(s.endpoint(s.testEndpoint)))
	e.POST(endpointsRoute+"/:endpoint/redeliver", s.requireKey(s.endpoint(s.redeliver)))
	read(endpointsRoute+"/:endpoint/deliveries", s.requireKey(s.endpoint(s.listDeliveries)))
	e.POST(endpointsRoute+"/:endpoint/deliveries/:delivery/redeliver", s.requireKey(s.endpoint(s.redeliverOne)))
	read("/v1/events", s.requireKey(s.listEvents))
	read("/v1/events/:event", s.requireKey(s.getEvent))

	// Buyer's pages
	read("/c/:session", s.showCheckout, zip)
	read(statusRoute, s.showStatus)
	read("/c/:session/qr.png", s.showQR)
	read(receiptRoute, s.showReceipt, zip)
	read(logosPath+":token", s.showLogo)
	if s.gallery {
		read("/gallery", s.showGallery, zip)
		read("/gallery/khqr.png", s.showGalleryQR)
		read("/gallery/:name", s.showGalleryItem, zip)
	}

	e.POST(payRoute, s.startPayment, s.sameSite, zip)
	e.POST(checkRoute, s.checkPayment, s.sameSite, zip)
	e.POST("/c/:session/extend", s.extendSession, s.sameSite, zip)
	e.POST(cardRoute, s.changeCard, s.sameSite, zip)
	e.POST("/c/:session/cancel", s.cancelSession, s.sameSite)

	// Payment links
	read("/l/:link", s.showLink, zip)
	e.POST("/l/:link", s.openLink, s.sameSite, zip)
	read("/l/:link/poster", s.showPoster, zip)

	// Providers
	e.POST("/callbacks/:provider/:id", s.receiveCallback)
	e.Match([]string{http.MethodGet, http.MethodPost}, "/return/:provider/:id", s.receiveReturn)
	e.POST("/callbacks/:provider/cards/:session", s.takeCard)
	e.Match([]string{http.MethodGet, http.MethodPost}, "/return/:provider/cards/:session", s.takeCardReturn)

	// For developers
	read("/openapi.json", s.serveOpenAPI, zip)
	read("/docs", s.serveDocs, zip)

	// Operations
	read(healthRoute, s.health)
	read(readyRoute, s.ready)
	read("/robots.txt", s.robots)
	read(staticRoute, echo.WrapHandler(static.Handler()))
}
