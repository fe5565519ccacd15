package dashboard

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/checkout/users"
	"rieltime/handlers/internal/request"
	"rieltime/web/templates/dashboard"
)

const deliveryPrefix = "del_"

// showEndpoint shows an endpoint with its deliveries.
func (s *Server) showEndpoint(c echo.Context, v viewer) error {
	endpoint, err := s.ownEndpoint(c, v)
	if err != nil {
		return err
	}
	return s.endpointPage(c, v, endpoint, http.StatusOK, rangeForm(v, endpoint, nil))
}

// deliveryStatuses are the parts of the list of deliveries; the first is all of it.
var deliveryStatuses = []checkout.DeliveryStatus{"", checkout.DeliveryPending, checkout.DeliveryDelivered, checkout.DeliveryFailed}

func (s *Server) endpointPage(c echo.Context, v viewer, endpoint checkout.WebhookEndpoint, status int, resend dashboard.Form) error {
	part, err := listPart(c, deliveryPrefix, checkout.DefaultListLimit)
	if err != nil {
		return err
	}

	query := checkout.DeliveryQuery{ListPart: part, EndpointID: endpoint.ID}
	page := dashboard.EndpointPage{
		Page: s.titled(c, v, "webhooks", "endpoint.title"), Endpoint: s.endpointView(v, endpoint),
		May: v.may(users.ManageWebhooks), Path: endpointPath(v, endpoint), Range: resend,
	}

	for _, one := range deliveryStatuses {
		filter := dashboard.Filter{Text: dashboard.T(v.lang, "delivery."+string(one)), URL: page.Path + "?" + url.Values{"status": {string(one)}}.Encode()}
		if one == "" {
			filter.Text, filter.URL = dashboard.T(v.lang, "filter.all"), page.Path
		}

		if filter.Current = c.QueryParam("status") == string(one); filter.Current {
			query.Status = one
		}

		page.Filters = append(page.Filters, filter)
	}

	deliveries, more, err := s.store.ListDeliveries(c.Request().Context(), query)
	if err != nil {
		return err
	}

	for _, delivery := range deliveries {
		page.Deliveries = append(page.Deliveries, deliveryRow(page.Path, delivery))
	}

	if len(deliveries) > 0 {
		page.Newer, page.Older = pagesAround(c, part, more, deliveries[0].ID, deliveries[len(deliveries)-1].ID)
	}

	setDone(c, &page.Page, "endpoint_saved", "endpoint_enabled", "endpoint_disabled", "endpoint_tested")
	if count, err := strconv.Atoi(c.QueryParam("queued")); err == nil && count >= 0 {
		page.Notice = &dashboard.Notice{Text: dashboard.T(v.lang, "done.queued", "count", strconv.Itoa(count))}
	}

	return render(c, status, dashboard.OneEndpointPage(page))
}

func deliveryRow(endpointPath string, d checkout.DeliveryRecord) dashboard.DeliveryRow {
	row := dashboard.DeliveryRow{
		Event: string(d.EventType), URL: endpointPath + "/deliveries/" + d.ID, Status: string(d.Status),
		Attempts: len(d.Attempts), NextAt: secondText(d.NextAttemptAt), At: secondText(d.CreatedAt),
	}
	if len(d.Attempts) > 0 {
		last := d.Attempts[len(d.Attempts)-1]
		row.Outcome = last.Error
		if last.Delivered {
			row.Outcome = strconv.Itoa(last.Status)
		}
	}

	return row
}

// ownDelivery loads the delivery of the path, if it is one to the endpoint of the path.
func (s *Server) ownDelivery(c echo.Context, v viewer) (checkout.WebhookEndpoint, checkout.DeliveryRecord, error) {
	endpoint, err := s.ownEndpoint(c, v)
	if err != nil {
		return endpoint, checkout.DeliveryRecord{}, err
	}

	id, err := request.PathID(c, "delivery", deliveryPrefix)
	if err != nil {
		return endpoint, checkout.DeliveryRecord{}, err
	}

	delivery, err := s.store.DeliveryRecord(c.Request().Context(), id)
	if err == nil && delivery.EndpointID != endpoint.ID {
		err = checkout.ErrNotFound
	}

	return endpoint, delivery, err
}

// showDelivery shows what was sent, and what was answered to each attempt.
func (s *Server) showDelivery(c echo.Context, v viewer) error {
	endpoint, delivery, err := s.ownDelivery(c, v)
	if err != nil {
		return err
	}

	page := dashboard.DeliveryPage{
		Page: s.titled(c, v, "webhooks", "delivery.title"), DeliveryRow: deliveryRow(endpointPath(v, endpoint), delivery),
		ID: delivery.ID, EventID: delivery.EventID, Endpoint: s.endpointView(v, endpoint), May: v.may(users.ManageWebhooks),
	}

	page.ResendURL = page.URL + "/resend"
	setDone(c, &page.Page, "resent")
	for i := range delivery.Attempts {
		attempt := delivery.Attempts[len(delivery.Attempts)-1-i]
		page.AllAttempts = append(page.AllAttempts, dashboard.Attempt{
			At: secondText(attempt.At), Status: attempt.Status, Took: attempt.Took.Round(time.Millisecond).String(),
			Answer: attempt.Answer, Error: attempt.Error, Delivered: attempt.Delivered,
		})
	}

	event, err := s.store.Event(c.Request().Context(), delivery.EventID)
	switch {
	case err == nil:
		page.Body = indented(event.Body)
	case !errors.Is(err, checkout.ErrNotFound):
		return err
	}

	return render(c, http.StatusOK, dashboard.OneDeliveryPage(page))
}

// indented is JSON for people.
func indented(text json.RawMessage) string {
	var out bytes.Buffer
	if json.Indent(&out, text, "", "  ") != nil {
		return string(text)
	}
	return out.String()
}

// resendOne sends a delivery again.
func (s *Server) resendOne(c echo.Context, v viewer) error {
	endpoint, delivery, err := s.ownDelivery(c, v)
	if err != nil {
		return err
	}
	if _, err := s.service.Redeliver(v.context(c), endpoint, delivery.ID); err != nil {
		return err
	}
	return redirect(c, endpointPath(v, endpoint)+"/deliveries/"+delivery.ID+"?done=resent")
}

func rangeForm(v viewer, endpoint checkout.WebhookEndpoint, values url.Values) dashboard.Form {
	return dashboard.Form{Action: endpointPath(v, endpoint) + "/resend", Submit: dashboard.T(v.lang, "delivery.resend"), Fields: []dashboard.Field{
		{Name: "from", Label: dashboard.T(v.lang, "range.from"), Kind: "datetime-local", Required: true, Value: values.Get("from")},
		{Name: "to", Label: dashboard.T(v.lang, "range.to"), Kind: "datetime-local", Required: true, Value: values.Get("to")},
	}}
}

// resendMany sends again what was given up, or the events of a time.
func (s *Server) resendMany(c echo.Context, v viewer) error {
	endpoint, err := s.ownEndpoint(c, v)
	if err != nil {
		return err
	}

	values, err := readForm(c)
	if err != nil {
		return err
	}

	count, err := s.resend(c, v, endpoint, values)
	if err != nil {
		form := rangeForm(v, endpoint, values)
		status, refusal := refused(&form, err)
		if refusal != nil {
			return refusal
		}

		return s.endpointPage(c, v, endpoint, status, form)
	}

	return redirect(c, endpointPath(v, endpoint)+"?queued="+strconv.Itoa(count))
}

func (s *Server) resend(c echo.Context, v viewer, endpoint checkout.WebhookEndpoint, values url.Values) (int, error) {
	if values.Get("failed") == "yes" {
		return s.service.RedeliverFailed(v.context(c), endpoint)
	}

	from, wrongFrom := parseLocalTime("from", values.Get("from"))
	to, wrongTo := parseLocalTime("to", values.Get("to"))
	if wrong := errors.Join(wrongFrom, wrongTo); wrong != nil {
		return 0, wrong
	}
	if from.IsZero() || to.IsZero() {
		return 0, checkout.Invalidf("from", "range_invalid", "Give both times.")
	}

	return s.service.RedeliverRange(v.context(c), endpoint, from, to)
}
