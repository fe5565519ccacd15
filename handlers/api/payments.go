package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/handlers/internal/request"
)

// listPayments is GET /v1/payments.
func (s *Server) listPayments(c echo.Context, key checkout.APIKey) error {
	q := newQuery(c, "limit", "starting_after", "ending_before", "session", "merchant_reference", "status", "review", "created_from", "created_to")
	wanted := checkout.PaymentQuery{
		ListPart: q.listPart(request.PaymentPrefix), Created: q.createdRange(), SessionID: q.id("session", request.SessionPrefix),
		MerchantReference: q.text("merchant_reference", maxReference),
		Status: checkout.PaymentStatus(q.oneOf("status", string(checkout.PaymentCreated), string(checkout.PaymentRequiresAction),
			string(checkout.PaymentProcessing), string(checkout.PaymentSucceeded), string(checkout.PaymentFailed),
			string(checkout.PaymentExpired), string(checkout.PaymentCanceled))),
		InReview: q.oneOf("review", "open") != "",
	}
	if q.err != nil {
		return q.err
	}

	payments, more, err := s.store.ListPayments(c.Request().Context(), key.MerchantID, key.Mode, wanted)
	if err != nil {
		return cursorUnknown(err, wanted.ListPart)
	}

	data, err := s.publicPayments(c, payments)
	if err != nil {
		return err
	}

	return c.JSON(http.StatusOK, list{Object: "list", Data: data, HasMore: more})
}

// getPayment is GET /v1/payments/{id}.
func (s *Server) getPayment(c echo.Context, key checkout.APIKey) error {
	payment, err := s.ownPayment(c, key)
	if err != nil {
		return err
	}

	public, err := s.publicPayment(c, payment)
	if err != nil {
		return err
	}

	return c.JSON(http.StatusOK, public)
}

// reviewPayment is POST /v1/payments/{id}/review: the merchant's decision about
// money that did not fit.
func (s *Server) reviewPayment(c echo.Context, key checkout.APIKey) (result checkout.RequestResult, err error) {
	payment, err := s.ownPayment(c, key)
	if err != nil {
		return result, err
	}

	body, err := jsonBody(c)
	if err != nil {
		return result, err
	}

	f, err := readObject(body)
	if err != nil {
		return result, err
	}

	decision := checkout.ReviewDecision{Decision: checkout.Decision(f.string("decision")), Note: f.string("note"), By: key.ID}
	if err := f.err(); err != nil {
		return result, err
	}

	payment, err = s.service.DecideReview(c.Request().Context(), payment, decision)
	if err != nil {
		return result, err
	}

	public, err := s.publicPayment(c, payment)
	if err != nil {
		return result, err
	}

	return changed(public)
}

func (s *Server) publicPayment(c echo.Context, payment checkout.Payment) (checkout.PublicPayment, error) {
	public, err := s.publicPayments(c, []checkout.Payment{payment})
	if err != nil {
		return checkout.PublicPayment{}, err
	}
	return public[0], nil
}

// publicPayments shows payments with what their sessions say of the purchase.
func (s *Server) publicPayments(c echo.Context, payments []checkout.Payment) ([]checkout.PublicPayment, error) {
	ids := make([]string, len(payments))
	for i, payment := range payments {
		ids[i] = payment.SessionID
	}

	sessions, err := s.store.Sessions(c.Request().Context(), ids)
	if err != nil {
		return nil, err
	}

	public := make([]checkout.PublicPayment, len(payments))
	for i, payment := range payments {
		public[i] = payment.Public(sessions[payment.SessionID])
	}

	return public, nil
}

// ownPayment loads the payment of the path, if it is of the key's merchant and
// mode.
func (s *Server) ownPayment(c echo.Context, key checkout.APIKey) (checkout.Payment, error) {
	id, err := request.PathID(c, "payment", request.PaymentPrefix)
	if err != nil {
		return checkout.Payment{}, err
	}

	payment, err := s.service.Payment(c.Request().Context(), id)
	if err != nil {
		return checkout.Payment{}, err
	}
	if payment.MerchantID != key.MerchantID || payment.Mode != key.Mode {
		return checkout.Payment{}, checkout.ErrNotFound
	}

	return payment, nil
}
