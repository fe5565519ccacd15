package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/handlers/internal/request"
)

const (
	refundPrefix = "re_"
	refundsRoute = "/v1/refunds"
)

// createRefund is POST /v1/refunds.
func (s *Server) createRefund(c echo.Context, key checkout.APIKey) (result checkout.RequestResult, err error) {
	body, err := jsonBody(c)
	if err != nil {
		return result, err
	}

	params, err := readRefundParams(body)
	if err != nil {
		return result, err
	}

	params.RequestedBy = key.ID
	refund, err := s.service.Refund(c.Request().Context(), key.MerchantID, key.Mode, params)
	if err != nil {
		return result, err
	}

	public, err := s.publicRefund(c, refund)
	if err != nil {
		return result, err
	}

	return created(refund.ID, public)
}

func readRefundParams(body []byte) (checkout.RefundParams, error) {
	f, err := readObject(body)
	if err != nil {
		return checkout.RefundParams{}, err
	}
	params := checkout.RefundParams{Payment: f.string("payment"), Amount: f.optionalAmount("amount"), Currency: f.string("currency"), Reason: f.string("reason")}
	if byHand := f.object("by_hand"); byHand != nil {
		params.ByHand = &checkout.ByHand{By: byHand.string("by"), Note: byHand.string("note")}
	}
	return params, f.err()
}

// listRefunds is GET /v1/refunds.
func (s *Server) listRefunds(c echo.Context, key checkout.APIKey) error {
	q := newQuery(c, "limit", "starting_after", "ending_before", "payment", "session", "created_from", "created_to")
	wanted := checkout.RefundQuery{
		ListPart: q.listPart(refundPrefix), Created: q.createdRange(),
		PaymentID: q.id("payment", request.PaymentPrefix), SessionID: q.id("session", request.SessionPrefix),
	}
	if q.err != nil {
		return q.err
	}

	refunds, more, err := s.store.ListRefunds(c.Request().Context(), key.MerchantID, key.Mode, wanted)
	if err != nil {
		return cursorUnknown(err, wanted.ListPart)
	}

	data, err := s.publicRefunds(c, refunds)
	if err != nil {
		return err
	}

	return c.JSON(http.StatusOK, list{Object: "list", Data: data, HasMore: more})
}

// getRefund is GET /v1/refunds/{id}.
func (s *Server) getRefund(c echo.Context, key checkout.APIKey) error {
	id, err := request.PathID(c, "refund", refundPrefix)
	if err != nil {
		return err
	}

	refund, err := s.store.Refund(c.Request().Context(), id)
	if err != nil {
		return err
	}
	if refund.MerchantID != key.MerchantID || refund.Mode != key.Mode {
		return checkout.ErrNotFound
	}

	public, err := s.publicRefund(c, refund)
	if err != nil {
		return err
	}

	return c.JSON(http.StatusOK, public)
}

func (s *Server) publicRefund(c echo.Context, refund checkout.Refund) (checkout.PublicRefund, error) {
	public, err := s.publicRefunds(c, []checkout.Refund{refund})
	if err != nil {
		return checkout.PublicRefund{}, err
	}
	return public[0], nil
}

// publicRefunds shows refunds with what their sessions say of the purchase.
func (s *Server) publicRefunds(c echo.Context, refunds []checkout.Refund) ([]checkout.PublicRefund, error) {
	ids := make([]string, len(refunds))
	for i, refund := range refunds {
		ids[i] = refund.SessionID
	}

	sessions, err := s.store.Sessions(c.Request().Context(), ids)
	if err != nil {
		return nil, err
	}

	public := make([]checkout.PublicRefund, len(refunds))
	for i, refund := range refunds {
		public[i] = refund.Public(sessions[refund.SessionID])
	}

	return public, nil
}
