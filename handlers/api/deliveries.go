package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/handlers/internal/request"
)

const deliveryPrefix = "del_"

// listDeliveries is GET /v1/webhook_endpoints/{id}/deliveries.
func (s *Server) listDeliveries(c echo.Context, endpoint checkout.WebhookEndpoint) error {
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
func (s *Server) redeliverOne(c echo.Context, endpoint checkout.WebhookEndpoint) error {
	if err := rejectFields(c); err != nil {
		return err
	}

	id, err := request.PathID(c, "delivery", deliveryPrefix)
	if err != nil {
		return err
	}

	delivery, err := s.store.DeliveryRecord(c.Request().Context(), id)
	if err != nil {
		return err
	}
	if delivery.EndpointID != endpoint.ID {
		return checkout.ErrNotFound
	}

	again, err := s.service.Redeliver(c.Request().Context(), endpoint, id)
	if err != nil {
		return err
	}

	return c.JSON(http.StatusAccepted, again.Public())
}

type redelivery struct {
	Object string `json:"object"` // "redelivery"
	Queued int    `json:"queued"`
}

// redeliver is POST /v1/webhook_endpoints/{id}/redeliver.
func (s *Server) redeliver(c echo.Context, endpoint checkout.WebhookEndpoint) error {
	f, err := jsonObject(c)
	if err != nil {
		return err
	}

	from, to, failed := f.timestamp("from"), f.timestamp("to"), f.optionalBool("failed")
	if err := f.err(); err != nil {
		return err
	}

	var queued int
	switch {
	case failed != nil && *failed && from.IsZero() && to.IsZero():
		queued, err = s.service.RedeliverFailed(c.Request().Context(), endpoint)
	case failed == nil && !from.IsZero() && !to.IsZero():
		queued, err = s.service.RedeliverRange(c.Request().Context(), endpoint, from, to)
	default:
		err = checkout.Invalidf("", "range_invalid", "Give from and to, or failed as true.")
	}

	if err != nil {
		return err
	}

	return c.JSON(http.StatusAccepted, redelivery{Object: "redelivery", Queued: queued})
}
