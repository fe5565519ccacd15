package handlers

import (
	"encoding/json"
	"net/http"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
)

// createSession is POST /v1/checkout/sessions.
func (s *server) createSession(c echo.Context, key checkout.APIKey) error {
	body, err := jsonBody(c)
	if err != nil {
		return err
	}

	params, err := readSessionParams(body)
	if err != nil {
		return err
	}

	ctx := c.Request().Context()
	claim := checkout.IdempotentRequestOf(ctx)
	claim.Answer = s.createdSession
	session, err := s.service.CreateSession(ctx, key.MerchantID, key.Mode, params, claim)
	if err != nil {
		return err
	}

	answer, err := s.createdSession(session)
	if err != nil {
		return err
	}

	c.Response().Header().Set(echo.HeaderLocation, answer.Location)
	return c.Blob(answer.Status, echo.MIMEApplicationJSON, answer.Body)
}

func (s *server) createdSession(session checkout.Session) (checkout.Response, error) {
	body, err := json.Marshal(s.public(session))
	status := http.StatusCreated
	if session.Repeated {
		status = http.StatusOK
	}
	return checkout.Response{
		Status: status, Location: sessionsRoute + "/" + session.ID, Body: append(body, '\n'),
	}, err
}

func (s *server) public(session checkout.Session) checkout.PublicSession {
	return session.Public(s.service.SessionURL(session.ID))
}

func readSessionParams(body []byte) (checkout.SessionParams, error) {
	f, err := readObject(body)
	if err != nil {
		return checkout.SessionParams{}, err
	}

	params := checkout.SessionParams{
		Amount:         f.amount("amount"),
		Currency:       f.text("currency"),
		Reference:      f.text("reference"),
		SuccessURL:     f.text("success_url"),
		CancelURL:      f.text("cancel_url"),
		Description:    f.text("description"),
		PaymentMethods: f.optionalTexts("payment_methods"),
		Locale:         f.text("locale"),
		ExpiresIn:      f.number("expires_in"),
		ExpiresAt:      f.optionalText("expires_at"),
		Metadata:       f.textMap("metadata"),
	}
	if customer := f.object("customer"); customer != nil {
		params.Customer = checkout.Customer{
			ID: customer.text("id"), Name: customer.text("name"), Email: customer.text("email"), Phone: customer.text("phone"),
		}
	}

	for _, item := range f.objects("line_items") {
		params.LineItems = append(params.LineItems, checkout.LineItemParams{
			Name: item.text("name"), Quantity: item.number("quantity"), Amount: item.amount("amount"),
		})
	}

	return params, f.problem()
}
