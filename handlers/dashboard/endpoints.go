package dashboard

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/checkout/users"
	"rieltime/handlers/internal/request"
	"rieltime/web/templates"
	"rieltime/web/templates/dashboard"
)

const endpointPrefix = "we_"

// listEndpoints shows a merchant's webhook endpoints: all of them, for there are few.
func (s *Server) listEndpoints(c echo.Context, v viewer) error {
	endpoints, _, err := s.store.ListEndpoints(c.Request().Context(), v.merchant.ID, v.mode, checkout.ListPart{Limit: checkout.MaxEndpoints})
	if err != nil {
		return err
	}

	list := dashboard.EndpointList{Page: s.page(c, v, "webhooks")}
	setDone(c, &list.Page, "endpoint_deleted")
	for _, endpoint := range endpoints {
		list.Endpoints = append(list.Endpoints, s.endpointView(v, endpoint))
	}

	if v.may(users.ManageWebhooks) {
		list.NewURL = v.path("/webhooks/new")
	}

	if v.mode == checkout.ModeTest {
		list.LogURL = v.path("/webhooks/log")
	}

	return render(c, http.StatusOK, dashboard.EndpointsPage(list))
}

func (s *Server) endpointView(v viewer, e checkout.WebhookEndpoint) dashboard.Endpoint {
	view := dashboard.Endpoint{
		ID: e.ID, URL: e.URL, PageURL: endpointPath(v, e), Description: e.Description, Disabled: string(e.Disabled),
		CreatedAt: templates.FormatTime(v.lang, e.CreatedAt),
	}

	for _, kind := range e.Events {
		view.Events = append(view.Events, string(kind))
	}

	if !e.FailingSince.IsZero() {
		view.FailingSince = templates.FormatTime(v.lang, e.FailingSince)
	}

	if s.now().Before(e.PreviousUntil) {
		view.PreviousUntil = templates.FormatTime(v.lang, e.PreviousUntil)
	}

	return view
}

func endpointPath(v viewer, e checkout.WebhookEndpoint) string { return v.path("/webhooks/" + e.ID) }

// ownEndpoint loads the endpoint of the path, if it is of the viewer's merchant and mode.
func (s *Server) ownEndpoint(c echo.Context, v viewer) (checkout.WebhookEndpoint, error) {
	id, err := request.PathID(c, "endpoint", endpointPrefix)
	if err != nil {
		return checkout.WebhookEndpoint{}, err
	}

	endpoint, err := s.service.Endpoint(c.Request().Context(), id)
	if err != nil {
		return checkout.WebhookEndpoint{}, err
	}
	if endpoint.MerchantID != v.merchant.ID || endpoint.Mode != v.mode {
		return checkout.WebhookEndpoint{}, checkout.ErrNotFound
	}

	return endpoint, nil
}

// withEndpoint handles a form about the endpoint of the path, and returns to its page.
func (s *Server) withEndpoint(c echo.Context, v viewer, done string, do func(checkout.WebhookEndpoint) error) error {
	endpoint, err := s.ownEndpoint(c, v)
	if err != nil {
		return err
	}
	if err := do(endpoint); err != nil {
		return err
	}
	return redirect(c, endpointPath(v, endpoint)+"?done="+done)
}

func (s *Server) setEndpointDisabled(disabled bool) func(echo.Context, viewer) error {
	done := "endpoint_enabled"
	if disabled {
		done = "endpoint_disabled"
	}
	return func(c echo.Context, v viewer) error {
		return s.withEndpoint(c, v, done, func(e checkout.WebhookEndpoint) error {
			_, err := s.service.UpdateEndpoint(v.context(c), e.ID, checkout.EndpointParams{Disabled: &disabled})
			return err
		})
	}
}

func (s *Server) deleteEndpoint(c echo.Context, v viewer) error {
	endpoint, err := s.ownEndpoint(c, v)
	if err != nil {
		return err
	}
	if err := s.service.DeleteEndpoint(v.context(c), endpoint.ID); err != nil {
		return err
	}
	return redirect(c, v.path("/webhooks?done=endpoint_deleted"))
}

func (s *Server) testEndpoint(c echo.Context, v viewer) error {
	return s.withEndpoint(c, v, "endpoint_tested", func(e checkout.WebhookEndpoint) error {
		_, err := s.service.TestEndpoint(v.context(c), e)
		return err
	})
}
