package dashboard

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/web/templates/dashboard"
)

// overlaps are how many seconds the secret or key before may still be used.
var overlaps = []string{"86400", "3600", "604800", "0"}

func overlapField(v viewer, name, chosen string) dashboard.Field {
	field := dashboard.Field{
		Name: name, Label: dashboard.T(v.lang, "overlap"), Kind: dashboard.FieldSelect, Value: chosen, Hint: dashboard.T(v.lang, "overlap.hint"),
	}
	for _, seconds := range overlaps {
		field.Options = append(field.Options, dashboard.Option{Value: seconds, Text: dashboard.T(v.lang, "overlap."+seconds)})
	}
	return field
}

func (s *Server) showRotation(c echo.Context, v viewer) error {
	endpoint, err := s.ownEndpoint(c, v)
	if err != nil {
		return err
	}
	return s.rotationForm(c, v, endpoint, http.StatusOK, dashboard.Form{Fields: []dashboard.Field{overlapField(v, "overlap_seconds", overlaps[0])}})
}

func (s *Server) rotationForm(c echo.Context, v viewer, endpoint checkout.WebhookEndpoint, status int, form dashboard.Form) error {
	form.Action, form.Back, form.Submit = endpointPath(v, endpoint)+"/rotate", endpointPath(v, endpoint), dashboard.T(v.lang, "endpoint.rotate")
	return render(c, status, dashboard.WithForm(dashboard.FormPage{
		Page: s.titled(c, v, "webhooks", "endpoint.rotate"), Lead: dashboard.T(v.lang, "endpoint.rotate.lead"), Form: form,
	}))
}

// rotateSecret gives an endpoint a new secret. Another page shows it, once.
func (s *Server) rotateSecret(c echo.Context, v viewer) error {
	endpoint, err := s.ownEndpoint(c, v)
	if err != nil {
		return err
	}

	values, err := readForm(c)
	if err != nil {
		return err
	}

	overlap, err := wholeNumber("overlap_seconds", values.Get("overlap_seconds"))
	if err == nil {
		endpoint, err = s.service.RotateSecret(v.context(c), endpoint.ID, overlap)
	}

	if err != nil {
		form := dashboard.Form{Fields: []dashboard.Field{overlapField(v, "overlap_seconds", values.Get("overlap_seconds"))}}
		status, refusal := refused(&form, err)
		if refusal != nil {
			return refusal
		}

		return s.rotationForm(c, v, endpoint, status, form)
	}

	return s.keepSecret(c, v, endpoint.ID, endpoint.Secret, endpointPath(v, endpoint))
}

// showSecret shows an endpoint's secret, which is new, this once.
func (s *Server) showSecret(c echo.Context, v viewer) error {
	endpoint, err := s.ownEndpoint(c, v)
	if err != nil {
		return err
	}

	page := dashboard.SecretPage{
		Page: s.titled(c, v, "webhooks", "endpoint.secret"), Label: dashboard.T(v.lang, "endpoint.secret"), NextURL: endpointPath(v, endpoint),
		Facts: []dashboard.Fact{{Name: dashboard.T(v.lang, "endpoint.url"), Text: endpoint.URL}},
	}
	if view := s.endpointView(v, endpoint); view.PreviousUntil != "" {
		page.Facts = append(page.Facts, dashboard.Fact{Name: dashboard.T(v.lang, "endpoint.previous"), Text: view.PreviousUntil})
	}
	return s.secretPage(c, v, endpoint.ID, page)
}
