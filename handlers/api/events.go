package api

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/handlers/internal/request"
)

const eventPrefix = "evt_"

// listEvents is GET /v1/events: the feed, oldest first.
func (s *Server) listEvents(c echo.Context, key checkout.APIKey) error {
	q := newQuery(c, "limit", "after_sequence", "type")
	wanted := checkout.EventQuery{Limit: q.listPart(eventPrefix).Limit, Type: checkout.EventType(q.values.Get("type"))}
	if q.values.Has("after_sequence") {
		var err error
		if wanted.AfterSequence, err = strconv.ParseInt(q.values.Get("after_sequence"), 10, 64); err != nil || wanted.AfterSequence < 0 {
			q.fail("after_sequence", "after_sequence_invalid", "after_sequence must be a whole number from 0.")
		}
	}

	if q.values.Has("type") && !slices.Contains(checkout.EventTypes(), wanted.Type) {
		q.fail("type", "type_invalid", "There is no such event type.")
	}

	if q.err != nil {
		return q.err
	}

	events, more, err := s.store.ListEvents(c.Request().Context(), key.MerchantID, key.Mode, wanted)
	if err != nil {
		return err
	}

	data := make([]checkout.PublicEvent, len(events))
	for i, event := range events {
		if data[i], err = event.Public(); err != nil {
			return err
		}
	}

	return c.JSON(http.StatusOK, list{Object: "list", Data: data, HasMore: more})
}

// getEvent is GET /v1/events/{id}.
func (s *Server) getEvent(c echo.Context, key checkout.APIKey) error {
	id, err := request.PathID(c, "event", eventPrefix)
	if err != nil {
		return err
	}

	event, err := s.store.Event(c.Request().Context(), id)
	if err != nil {
		return err
	}
	if event.MerchantID != key.MerchantID || event.Mode != key.Mode {
		return checkout.ErrNotFound
	}

	public, err := event.Public()
	if err != nil {
		return err
	}

	return c.JSON(http.StatusOK, public)
}
