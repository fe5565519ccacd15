package pages

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// Routes whose requests the server treats apart; see IsPoll and WaitsForProvider.
const (
	statusRoute = SessionsPath + ":session/status"
	payRoute    = SessionsPath + ":session/payments"
	checkRoute  = SessionsPath + ":session/check"
	cardRoute   = SessionsPath + ":session/card"
)

// IsPoll reports whether a route is the one that open pages poll.
func IsPoll(route string) bool { return route == statusRoute }

// WaitsForProvider reports whether a request may take as long as a provider does.
func WaitsForProvider(method, route string) bool {
	switch route {
	case payRoute, checkRoute, cardRoute:
		return method == http.MethodPost
	}
	return false
}

// Register adds the routes of the pages.
func (s *Server) Register(e *echo.Echo) {
	get := func(path string, handle echo.HandlerFunc, around ...echo.MiddlewareFunc) {
		e.Match([]string{http.MethodGet, http.MethodHead}, path, handle, around...)
	}

	get(SessionsPath+":session", s.showCheckout)
	get(statusRoute, s.showStatus)
	get(SessionsPath+":session/qr.png", s.showQR)
	e.POST(payRoute, s.startPayment, s.sameSite)
	e.POST(checkRoute, s.checkPayment, s.sameSite)
	e.POST(SessionsPath+":session/extend", s.extendSession, s.sameSite)
	e.POST(cardRoute, s.changeCard, s.sameSite)
	e.POST(SessionsPath+":session/cancel", s.cancelSession, s.sameSite)

	e.Match([]string{http.MethodGet, http.MethodPost}, ReturnsPath+":provider/:id", s.receiveReturn)
	e.Match([]string{http.MethodGet, http.MethodPost}, ReturnsPath+":provider/cards/:session", s.receiveCardReturn)

	get(LinksPath+":link", s.showLink)
	e.POST(LinksPath+":link", s.openLink, s.sameSite)
	get(LinksPath+":link/poster", s.showPoster)

	get("/r/:token", s.showReceipt)
	get(logosPath+":token", s.showLogo)
	get(shopLogosPath+":merchant/:hash", s.showShopLogo)

	if s.gallery {
		get("/gallery", s.showGallery)
		get("/gallery/khqr.png", s.showGalleryQR)
		get("/gallery/:name", s.showGalleryItem)
	}
}
