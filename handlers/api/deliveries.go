package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/handlers/internal/request"
)

const deliveryPrefix = "del_"

// listDeliveries is GET /v1/webhook_endpoints/{id}/deliveries.
func (s *Server) listDeliveries(c echo.Context, key checkout.APIKey) error {
	endpoint, err := s.ownEndpoint(c, key)
	if err != nil {
		return err
	}

	q := newQuery(c, "limit", "starting_after", "ending_before", "status")
	wanted := checkout.DeliveryQuery{
		ListPart: q.listPart(deliveryPrefix), EndpointID: endpoint.ID,
		Status: checkout.DeliveryStatus(q.oneOf("status", string(checkout.DeliveryPending), string(checkout.DeliveryDelivered), string(checkout.DeliveryFailed))),
	}
	if q.err != nil {
		return q.err
	}

	deliveries, more, err := s.store.ListDeliveries(c.Request().Context(), wanted)
	if err != nil {
		return cursorUnknown(err, wanted.ListPart)
	}

	data := make([]checkout.PublicDelivery, len(deliveries))
	for i, delivery := range deliveries {
		data[i] = delivery.Public()
	}

	return c.JSON(http.StatusOK, list{Object: "list", Data: data, HasMore: more})
}

// redeliverOne is POST /v1/webhook_endpoints/{id}/deliveries/{id}/redeliver.
func (s *Server) redeliverOne(c echo.Context, key checkout.APIKey) (result checkout.RequestResult, err error) {
	endpoint, err := s.ownEndpoint(c, key)
	if err != nil {
		return result, err
	}

	if err := rejectFields(c); err != nil {
		return result, err
	}

	id, err := request.PathID(c, "delivery", deliveryPrefix)
	if err != nil {
		return result, err
	}

	delivery, err := s.store.DeliveryRecord(c.Request().Context(), id)
	if err != nil {
		return result, err
	}
	if delivery.EndpointID != endpoint.ID {
		return result, checkout.ErrNotFound
	}

	again, err := s.service.Redeliver(c.Request().Context(), endpoint, id)
	if err != nil {
		return result, err
	}

	return queued(again.Public())
}

type redelivery struct {
	Object string `json:"object"` // "redelivery"
	Queued int    `json:"queued"`
}

// redeliver is POST /v1/webhook_endpoints/{id}/redeliver.
func (s *Server) redeliver(c echo.Context, key checkout.APIKey) (result checkout.RequestResult, err error) {
	endpoint, err := s.ownEndpoint(c, key)
	if err != nil {
		return result, err
	}

	f, err := jsonObject(c)
	if err != nil {
		return result, err
	}

	from, to, failed := f.timestamp("from"), f.timestamp("to"), f.optionalBool("failed")
	if err := f.err(); err != nil {
		return result, err
	}

	var count int
	switch {
	case failed != nil && *failed && from.IsZero() && to.IsZero():
		count, err = s.service.RedeliverFailed(c.Request().Context(), endpoint)
	case failed == nil && !from.IsZero() && !to.IsZero():
		count, err = s.service.RedeliverRange(c.Request().Context(), endpoint, from, to)
	default:
		err = checkout.Invalidf("", "range_invalid", "Give from and to, or failed as true.")
	}

	if err != nil {
		return result, err
	}

	return queued(redelivery{Object: "redelivery", Queued: count})
}
