package dashboard

import (
	"net/http"

	"rieltime/checkout/users"
)

func (s *Server) webhookRoutes() []route {
	return []route{
		{http.MethodGet, "/webhooks", users.ViewWebhooks, false, s.listEndpoints},
		{http.MethodPost, "/webhooks", users.ManageWebhooks, true, s.createEndpoint},
		{http.MethodGet, "/webhooks/new", users.ManageWebhooks, true, s.showNewEndpoint},
		{http.MethodGet, "/webhooks/log", users.ViewWebhooks, false, s.showLog},
		{http.MethodGet, "/webhooks/log/events", users.ViewWebhooks, false, s.showLogEvents},
		{http.MethodGet, "/webhooks/:endpoint", users.ViewWebhooks, false, s.showEndpoint},
		{http.MethodPost, "/webhooks/:endpoint", users.ManageWebhooks, false, s.editEndpoint},
		{http.MethodGet, "/webhooks/:endpoint/edit", users.ManageWebhooks, false, s.showEndpointForm},
		{http.MethodPost, "/webhooks/:endpoint/enable", users.ManageWebhooks, false, s.setEndpointDisabled(false)},
		{http.MethodPost, "/webhooks/:endpoint/disable", users.ManageWebhooks, false, s.setEndpointDisabled(true)},
		{http.MethodPost, "/webhooks/:endpoint/delete", users.ManageWebhooks, false, s.deleteEndpoint},
		{http.MethodGet, "/webhooks/:endpoint/secret", users.ManageWebhooks, true, s.showSecret},
		{http.MethodGet, "/webhooks/:endpoint/rotate", users.ManageWebhooks, true, s.showRotation},
		{http.MethodPost, "/webhooks/:endpoint/rotate", users.ManageWebhooks, true, s.rotateSecret},
		{http.MethodPost, "/webhooks/:endpoint/test", users.ManageWebhooks, false, s.testEndpoint},
		{http.MethodPost, "/webhooks/:endpoint/resend", users.ManageWebhooks, false, s.resendMany},
		{http.MethodGet, "/webhooks/:endpoint/deliveries/:delivery", users.ViewWebhooks, false, s.showDelivery},
		{http.MethodPost, "/webhooks/:endpoint/deliveries/:delivery/resend", users.ManageWebhooks, false, s.resendOne},
	}
}
