package dashboard

import (
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/web/templates/dashboard"
)

// endpointForm is the form of an endpoint with the values of a form that was posted.
func endpointForm(v viewer, values url.Values) dashboard.Form {
	t := func(key string) string { return dashboard.T(v.lang, key) }
	events := dashboard.Field{Name: "events", Label: t("endpoint.events"), Kind: dashboard.FieldBoxes, Hint: t("endpoint.events.hint")}
	chosen := map[string]bool{}
	for _, name := range values["events"] {
		chosen[name] = true
	}

	events.Options = []dashboard.Option{{Value: string(checkout.EveryEvent), Text: t("endpoint.events.all"), Chosen: chosen[string(checkout.EveryEvent)]}}
	for _, kind := range checkout.EventTypes() {
		if kind != checkout.EventWebhookTest { // goes only to the endpoint that is tested
			events.Options = append(events.Options, dashboard.Option{Value: string(kind), Text: string(kind), English: true, Chosen: chosen[string(kind)]})
		}
	}

	return dashboard.Form{Submit: t("form.save"), Fields: []dashboard.Field{
		{Name: "url", Label: t("endpoint.url"), Kind: "url", Required: true, Value: values.Get("url"), Hint: t("endpoint.url.hint")},
		events,
		{Name: "description", Label: t("endpoint.description"), MaxLength: 255, Value: values.Get("description")},
	}}
}

// endpointParams reads the form of an endpoint.
func endpointParams(values url.Values) checkout.EndpointParams {
	address, description := values.Get("url"), values.Get("description")
	events := values["events"]
	if events == nil {
		events = []string{} // none is a choice that is refused
	}
	return checkout.EndpointParams{URL: &address, Events: events, Description: &description}
}

// showNewEndpoint shows the form of a new endpoint.
func (s *Server) showNewEndpoint(c echo.Context, v viewer) error {
	return s.newEndpointForm(c, v, http.StatusOK, endpointForm(v, url.Values{"events": {string(checkout.EveryEvent)}}))
}

func (s *Server) newEndpointForm(c echo.Context, v viewer, status int, form dashboard.Form) error {
	form.Action, form.Back, form.Submit = v.path("/webhooks"), v.path("/webhooks"), dashboard.T(v.lang, "webhooks.new")
	p := s.titled(c, v, "webhooks", "webhooks.new")
	return render(c, status, dashboard.WithForm(dashboard.FormPage{Page: p, Form: form}))
}

// createEndpoint makes an endpoint. Another page shows its secret, once.
func (s *Server) createEndpoint(c echo.Context, v viewer) error {
	values, err := readForm(c)
	if err != nil {
		return err
	}

	endpoint, err := s.service.CreateEndpoint(v.context(c), v.merchant.ID, v.mode, endpointParams(values))
	if err != nil {
		form := endpointForm(v, values)
		status, err := refused(&form, err)
		if err != nil {
			return err
		}

		return s.newEndpointForm(c, v, status, form)
	}

	return s.keepSecret(c, v, endpoint.ID, endpoint.Secret, endpointPath(v, endpoint))
}

// showEndpointForm shows the form that changes an endpoint.
func (s *Server) showEndpointForm(c echo.Context, v viewer) error {
	endpoint, err := s.ownEndpoint(c, v)
	if err != nil {
		return err
	}

	values := url.Values{"url": {endpoint.URL}, "description": {endpoint.Description}}
	for _, kind := range endpoint.Events {
		values.Add("events", string(kind))
	}
	return s.changeEndpointForm(c, v, endpoint, http.StatusOK, endpointForm(v, values))
}

func (s *Server) changeEndpointForm(c echo.Context, v viewer, endpoint checkout.WebhookEndpoint, status int, form dashboard.Form) error {
	form.Action, form.Back = endpointPath(v, endpoint), endpointPath(v, endpoint)
	p := s.titled(c, v, "webhooks", "endpoint.edit")
	return render(c, status, dashboard.WithForm(dashboard.FormPage{Page: p, Form: form}))
}

func (s *Server) editEndpoint(c echo.Context, v viewer) error {
	endpoint, err := s.ownEndpoint(c, v)
	if err != nil {
		return err
	}

	values, err := readForm(c)
	if err != nil {
		return err
	}

	_, err = s.service.UpdateEndpoint(v.context(c), endpoint.ID, endpointParams(values))
	if err != nil {
		form := endpointForm(v, values)
		status, err := refused(&form, err)
		if err != nil {
			return err
		}

		return s.changeEndpointForm(c, v, endpoint, status, form)
	}

	return redirect(c, endpointPath(v, endpoint)+"?done=endpoint_saved")
}
