package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

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

	get := func(path string, handle echo.HandlerFunc, around ...echo.MiddlewareFunc) {
		e.Match([]string{http.MethodGet, http.MethodHead}, path, handle, around...)
	}

	// Providers
	e.POST(callbacksPath+":provider/:id", s.receiveCallback)
	e.POST(callbacksPath+":provider/cards/:session", s.receiveCardCallback)

	// Developers
	get("/openapi.json", s.serveOpenAPI)
	get("/docs", s.serveDocs)

	// Operations
	get(healthRoute, s.health)
	get(readyRoute, s.ready)
	get("/robots.txt", s.robots)
	get(staticRoute, echo.WrapHandler(static.Handler()))
}
