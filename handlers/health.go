package handlers

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
)

const readyTimeout = 2 * time.Second

// health says that the process answers.
func (s *server) health(c echo.Context) error {
	return c.String(http.StatusOK, "ok\n")
}

var errNotReady = &checkout.Error{Kind: checkout.KindUnavailable, Code: "not_ready", Detail: "not ready"}

// ready says that buyers can be served: the database takes writes, providers
// are asked, and background jobs run.
func (s *server) ready(c echo.Context) error {
	ctx, cancel := context.WithTimeout(c.Request().Context(), readyTimeout)
	defer cancel()

	if err := s.store.Ready(ctx); err != nil {
		return errNotReady.WithCause(err)
	}

	if s.guard.Alive != nil {
		if err := s.guard.Alive(ctx); err != nil {
			return errNotReady.WithCause(err)
		}
	}

	return c.String(http.StatusOK, "ready\n")
}

func (s *server) robots(c echo.Context) error {
	return c.String(http.StatusOK, "User-agent: *\nDisallow: /\n")
}
