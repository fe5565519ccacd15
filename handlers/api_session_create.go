package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
)

// createSession is POST /v1/checkout/sessions.
func (s *server) createSession(c echo.Context, key checkout.APIKey) error {
	if err := s.creates.take(key.ID); err != nil {
		return err
	}
	body, err := jsonBody(c)
	if err != nil {
		return err
	}
	params, err := readSessionParams(body)
	if err != nil {
		return err
	}
	claimed, err := claim(c, key, body)
	if err != nil {
		return err
	}
	session, err := s.service.CreateSession(c.Request().Context(), key.MerchantID, key.Mode, params, claimed)
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderLocation, "/v1/checkout/sessions/"+session.ID)
	return c.JSON(http.StatusCreated, s.public(session))
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
		PaymentMethods: f.texts("payment_methods"),
		Locale:         f.text("locale"),
		ExpiresIn:      f.number("expires_in"),
		Metadata:       f.textMap("metadata"),
	}
	if customer := f.object("customer"); customer != nil {
		params.Customer = checkout.Customer{
			Name: customer.text("name"), Email: customer.text("email"), Phone: customer.text("phone"),
		}
	}
	for _, item := range f.objects("line_items") {
		line := checkout.LineItemParams{Name: item.text("name"), Amount: item.amount("amount")}
		if quantity := item.number("quantity"); quantity != nil {
			line.Quantity = *quantity
		}
		params.LineItems = append(params.LineItems, line)
	}
	return params, f.problem()
}
