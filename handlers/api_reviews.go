package handlers

import (
	"github.com/labstack/echo/v4"

	"rieltime/checkout"
)

// reviewPayment is POST /v1/payments/{id}/review: the merchant's decision about
// money that did not fit.
func (s *server) reviewPayment(c echo.Context, key checkout.APIKey) error {
	payment, err := s.ownPayment(c, key)
	if err != nil {
		return err
	}

	body, err := jsonBody(c)
	if err != nil {
		return err
	}

	f, err := readObject(body)
	if err != nil {
		return err
	}

	decision := checkout.ReviewDecision{Decision: checkout.Decision(f.text("decision")), Note: f.text("note"), By: key.ID}
	if err := f.problem(); err != nil {
		return err
	}

	payment, err = s.service.DecideReview(c.Request().Context(), payment, decision)
	if err != nil {
		return err
	}

	return s.answerPayment(c, payment)
}
