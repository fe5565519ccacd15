package handlers

import (
	"bytes"
	"net/http"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
)

// expireSession is POST /v1/checkout/sessions/{id}/expire. Expiring again
// changes nothing. It takes no fields.
func (s *server) expireSession(c echo.Context, key checkout.APIKey) error {
	if err := noFields(c); err != nil {
		return err
	}
	if _, err := s.owned(c, key); err != nil {
		return err
	}

	purchase, err := s.service.ExpireSession(c.Request().Context(), c.Param("session"))
	if err != nil {
		return err
	}

	return c.JSON(http.StatusOK, s.public(purchase.Session))
}

// noFields reads a body that may be left out and has no fields.
func noFields(c echo.Context) error {
	body, err := readBody(c)
	if err != nil || len(bytes.TrimSpace(body)) == 0 {
		return err
	}
	fields, err := readObject(body)
	if err != nil {
		return err
	}
	return fields.problem()
}
