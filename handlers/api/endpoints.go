package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/handlers/internal/request"
)

const (
	endpointPrefix = "we_"
	endpointsRoute = "/v1/webhook_endpoints"
)

// createEndpoint is POST /v1/webhook_endpoints.
func (s *Server) createEndpoint(c echo.Context, key checkout.APIKey) (result checkout.RequestResult, err error) {
	f, err := jsonObject(c)
	if err != nil {
		return result, err
	}

	params := readEndpoint(f)
	if err := f.err(); err != nil {
		return result, err
	}

	endpoint, err := s.service.CreateEndpoint(c.Request().Context(), key.MerchantID, key.Mode, params)
	if err != nil {
		return result, err
	}

	return created(endpoint.ID, s.withSecret(endpoint))
}

func readEndpoint(f *fields) checkout.EndpointParams {
	return checkout.EndpointParams{URL: f.optionalString("url"), Events: f.optionalStrings("events"), Description: f.optionalString("description")}
}

// withSecret shows an endpoint whose secret is new.
func (s *Server) withSecret(endpoint checkout.WebhookEndpoint) checkout.PublicEndpoint {
	public := endpoint.Public(s.now())
	public.Secret = endpoint.Secret.Reveal()
	return public
}

// listEndpoints is GET /v1/webhook_endpoints.
func (s *Server) listEndpoints(c echo.Context, key checkout.APIKey) error {
	q := newQuery(c, "limit", "starting_after", "ending_before")
	part := q.listPart(endpointPrefix)
	if q.err != nil {
		return q.err
	}

	endpoints, more, err := s.store.ListEndpoints(c.Request().Context(), key.MerchantID, key.Mode, part)
	if err != nil {
		return cursorUnknown(err, part)
	}

	data := make([]checkout.PublicEndpoint, len(endpoints))
	for i, endpoint := range endpoints {
		data[i] = endpoint.Public(s.now())
	}

	return c.JSON(http.StatusOK, list{Object: "list", Data: data, HasMore: more})
}

// getEndpoint is GET /v1/webhook_endpoints/{id}.
func (s *Server) getEndpoint(c echo.Context, key checkout.APIKey) error {
	endpoint, err := s.ownEndpoint(c, key)
	if err != nil {
		return err
	}

	return c.JSON(http.StatusOK, endpoint.Public(s.now()))
}

// updateEndpoint is POST /v1/webhook_endpoints/{id}.
func (s *Server) updateEndpoint(c echo.Context, key checkout.APIKey) (result checkout.RequestResult, err error) {
	endpoint, err := s.ownEndpoint(c, key)
	if err != nil {
		return result, err
	}

	f, err := jsonObject(c)
	if err != nil {
		return result, err
	}

	params := readEndpoint(f)
	params.Disabled = f.optionalBool("disabled")
	if err := f.err(); err != nil {
		return result, err
	}

	endpoint, err = s.service.UpdateEndpoint(c.Request().Context(), endpoint.ID, params)
	if err != nil {
		return result, err
	}

	return changed(endpoint.Public(s.now()))
}

// deleteEndpoint is DELETE /v1/webhook_endpoints/{id}.
func (s *Server) deleteEndpoint(c echo.Context, key checkout.APIKey) error {
	endpoint, err := s.ownEndpoint(c, key)
	if err != nil {
		return err
	}

	if err := s.service.DeleteEndpoint(c.Request().Context(), endpoint.ID); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// rotateSecret is POST /v1/webhook_endpoints/{id}/rotate_secret.
func (s *Server) rotateSecret(c echo.Context, key checkout.APIKey) (result checkout.RequestResult, err error) {
	endpoint, err := s.ownEndpoint(c, key)
	if err != nil {
		return result, err
	}

	f, err := optionalObject(c)
	if err != nil {
		return result, err
	}

	overlap := f.int("overlap_seconds")
	if err := f.err(); err != nil {
		return result, err
	}

	endpoint, err = s.service.RotateSecret(c.Request().Context(), endpoint.ID, overlap)
	if err != nil {
		return result, err
	}

	return changed(s.withSecret(endpoint))
}

// testEndpoint is POST /v1/webhook_endpoints/{id}/test.
func (s *Server) testEndpoint(c echo.Context, key checkout.APIKey) (result checkout.RequestResult, err error) {
	endpoint, err := s.ownEndpoint(c, key)
	if err != nil {
		return result, err
	}

	if err := rejectFields(c); err != nil {
		return result, err
	}
	delivery, err := s.service.TestEndpoint(c.Request().Context(), endpoint)
	if err != nil {
		return result, err
	}
	return queued(delivery.Public())
}

// ownEndpoint loads the endpoint of the path, if it is of the key's merchant and mode.
func (s *Server) ownEndpoint(c echo.Context, key checkout.APIKey) (checkout.WebhookEndpoint, error) {
	id, err := request.PathID(c, "endpoint", endpointPrefix)
	if err != nil {
		return checkout.WebhookEndpoint{}, err
	}

	endpoint, err := s.service.Endpoint(c.Request().Context(), id)
	if err != nil {
		return checkout.WebhookEndpoint{}, err
	}
	if endpoint.MerchantID != key.MerchantID || endpoint.Mode != key.Mode {
		return checkout.WebhookEndpoint{}, checkout.ErrNotFound
	}

	return endpoint, nil
}
