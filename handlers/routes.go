package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"rieltime/handlers/dashboard"
	"rieltime/web/static"
)

// Routes of operations, which monitors and browsers request all the time.
const (
	healthRoute = "/healthz"
	readyRoute  = "/readyz"
	staticRoute = static.Prefix + "*"
)

// register adds every route of the server. A section is a package below this
// one with a New and a Register of its own, such as the dashboard: it
// gets a line here, and in renderError the addresses whose errors it renders.
func (s *server) register(e *echo.Echo) {
	s.api.Register(e)
	s.pages.Register(e)
	if s.dashboard != nil {
		s.dashboard.Register(e)
	}

	// Providers
	e.POST(callbacksPath+":provider/:id", s.receiveCallback)
	e.POST(callbacksPath+":provider/cards/:session", s.receiveCardCallback)

	if s.telegramUpdate != nil {
		e.POST(TelegramPath+":bot", s.receiveTelegramUpdate)
	}

	// Developers
	get(e, "/openapi.json", s.serveOpenAPI)
	get(e, "/docs", s.serveDocs)

	s.registerOperations(e)
}

// registerDashboard adds the routes of a dashboard at an address of its own.
func (s *server) registerDashboard(e *echo.Echo) {
	if s.dashboard != nil {
		s.dashboard.Register(e)
	}
	get(e, "/", func(c echo.Context) error { return c.Redirect(http.StatusSeeOther, dashboard.Prefix) })
	s.registerOperations(e)
}

func (s *server) registerOperations(e *echo.Echo) {
	get(e, healthRoute, s.health)
	get(e, readyRoute, s.ready)
	get(e, "/robots.txt", s.robots)
	get(e, staticRoute, echo.WrapHandler(static.Handler()))
}

func get(e *echo.Echo, path string, handle echo.HandlerFunc) {
	e.Match([]string{http.MethodGet, http.MethodHead}, path, handle)
}
