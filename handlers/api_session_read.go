package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
)

const (
	sessionPrefix = "cs_"
	paymentPrefix = "pay_"
	maxReference  = 255 // characters of a reference to look for
)

// listSessions is GET /v1/checkout/sessions.
func (s *server) listSessions(c echo.Context, key checkout.APIKey) error {
	q := newQuery(c, "limit", "starting_after", "ending_before", "reference", "status", "created_from", "created_to")
	wanted := checkout.SessionQuery{
		ListPart:  q.part(sessionPrefix),
		Created:   q.created(),
		Reference: q.text("reference", maxReference),
		Status: checkout.SessionStatus(q.oneOf("status", string(checkout.SessionOpen), string(checkout.SessionComplete),
			string(checkout.SessionExpired), string(checkout.SessionCanceled))),
	}
	if q.err != nil {
		return q.err
	}

	sessions, more, err := s.store.ListSessions(c.Request().Context(), key.MerchantID, key.Mode, wanted)
	if err != nil {
		return cursorUnknown(err, wanted.ListPart)
	}

	data := make([]checkout.PublicSession, len(sessions))
	for i, session := range sessions {
		data[i] = s.public(session)
	}

	return c.JSON(http.StatusOK, list{Object: "list", Data: data, HasMore: more})
}

// getSession is GET /v1/checkout/sessions/{id}.
func (s *server) getSession(c echo.Context, key checkout.APIKey) error {
	purchase, err := s.owned(c, key)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, s.public(purchase.Session))
}

// owned loads the session of the path, if it is of the key's merchant and mode.
func (s *server) owned(c echo.Context, key checkout.APIKey) (checkout.Purchase, error) {
	id := c.Param("session")
	if err := checkID(id, sessionPrefix); err != nil {
		return checkout.Purchase{}, err
	}

	purchase, err := s.service.Purchase(c.Request().Context(), id)
	if err != nil {
		return checkout.Purchase{}, err
	}
	if purchase.Session.MerchantID != key.MerchantID || purchase.Session.Mode != key.Mode {
		return checkout.Purchase{}, checkout.ErrNotFound
	}

	return purchase, nil
}
