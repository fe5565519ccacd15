package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/handlers/internal/request"
)

const (
	sessionsRoute = "/v1/checkout/sessions"
	maxReference  = 255 // characters of a reference to look for
)

// createSession is POST /v1/checkout/sessions. The result of an idempotent request
// is stored in the transaction that makes the session.
func (s *Server) createSession(c echo.Context, key checkout.APIKey) (result checkout.RequestResult, err error) {
	body, err := jsonBody(c)
	if err != nil {
		return result, err
	}

	params, err := readSessionParams(body)
	if err != nil {
		return result, err
	}

	session, err := s.service.CreateSession(c.Request().Context(), key.MerchantID, key.Mode, params)
	if err != nil {
		return result, err
	}

	return session.RequestResult(s.service.SessionURL(session.ID))
}

func (s *Server) public(session checkout.Session) checkout.PublicSession {
	return session.Public(s.service.SessionURL(session.ID))
}

func readSessionParams(body []byte) (checkout.SessionParams, error) {
	f, err := readObject(body)
	if err != nil {
		return checkout.SessionParams{}, err
	}

	params := checkout.SessionParams{
		Amount:         f.amount("amount"),
		Currency:       f.string("currency"),
		Reference:      f.string("reference"),
		SuccessURL:     f.string("success_url"),
		CancelURL:      f.string("cancel_url"),
		Description:    f.string("description"),
		PaymentMethods: f.optionalStrings("payment_methods"),
		PayCurrencies:  f.optionalStrings("pay_currencies"),
		Locale:         f.string("locale"),
		ExpiresIn:      f.int("expires_in"),
		ExpiresAt:      f.optionalString("expires_at"),
		Metadata:       f.stringMap("metadata"),
	}
	if customer := f.object("customer"); customer != nil {
		params.Customer = checkout.Customer{
			ID: customer.string("id"), Name: customer.string("name"), Email: customer.string("email"), Phone: customer.string("phone"),
		}
	}

	for _, item := range f.objects("line_items") {
		params.LineItems = append(params.LineItems, checkout.LineItemParams{
			Name: item.string("name"), Quantity: item.int("quantity"), Amount: item.amount("amount"),
		})
	}

	return params, f.err()
}

// listSessions is GET /v1/checkout/sessions.
func (s *Server) listSessions(c echo.Context, key checkout.APIKey) error {
	q := newQuery(c, "limit", "starting_after", "ending_before", "reference", "status", "created_from", "created_to")
	wanted := checkout.SessionQuery{
		ListPart:  q.listPart(request.SessionPrefix),
		Created:   q.createdRange(),
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
func (s *Server) getSession(c echo.Context, key checkout.APIKey) error {
	purchase, err := s.ownSession(c, key)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, s.public(purchase.Session))
}

// expireSession is POST /v1/checkout/sessions/{id}/expire. Expiring again
// changes nothing. It takes no fields.
func (s *Server) expireSession(c echo.Context, key checkout.APIKey) (result checkout.RequestResult, err error) {
	if err := rejectFields(c); err != nil {
		return result, err
	}
	if _, err := s.ownSession(c, key); err != nil {
		return result, err
	}

	purchase, err := s.service.ExpireSession(c.Request().Context(), c.Param("session"))
	if err != nil {
		return result, err
	}

	return changed(s.public(purchase.Session))
}

// ownSession loads the session of the path, if it is of the key's merchant and mode.
func (s *Server) ownSession(c echo.Context, key checkout.APIKey) (checkout.Purchase, error) {
	id, err := request.PathID(c, "session", request.SessionPrefix)
	if err != nil {
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
