package rieltime

import (
	"context"
	"net/http"
	"net/url"
)

type empty struct{}

func at(path, id string, more ...string) string {
	path += "/" + url.PathEscape(id)
	for _, part := range more {
		path += "/" + part
	}
	return path
}

const (
	sessionsPath  = "/v1/checkout/sessions"
	paymentsPath  = "/v1/payments"
	refundsPath   = "/v1/refunds"
	linksPath     = "/v1/payment_links"
	endpointsPath = "/v1/webhook_endpoints"
	eventsPath    = "/v1/events"
)

// CreateSession creates a session; send the buyer to its URL.
func (c *Client) CreateSession(ctx context.Context, params SessionCreate, options ...Option) (Session, error) {
	return post[Session](ctx, c, sessionsPath, params, options)
}

// GetSession reads a session.
func (c *Client) GetSession(ctx context.Context, session string) (Session, error) {
	return get[Session](ctx, c, at(sessionsPath, session), nil)
}

// ListSessions reads a page of sessions, newest first; see AllSessions.
func (c *Client) ListSessions(ctx context.Context, query SessionQuery) (List[Session], error) {
	return get[List[Session]](ctx, c, sessionsPath, query.values())
}

// ExpireSession closes an open session early.
func (c *Client) ExpireSession(ctx context.Context, session string, options ...Option) (Session, error) {
	return post[Session](ctx, c, at(sessionsPath, session, "expire"), empty{}, options)
}

// GetPayment reads a payment.
func (c *Client) GetPayment(ctx context.Context, payment string) (Payment, error) {
	return get[Payment](ctx, c, at(paymentsPath, payment), nil)
}

// ListPayments reads a page of payments, newest first; see AllPayments.
func (c *Client) ListPayments(ctx context.Context, query PaymentQuery) (List[Payment], error) {
	return get[List[Payment]](ctx, c, paymentsPath, query.values())
}

// ReviewPayment decides about money that did not fit.
func (c *Client) ReviewPayment(ctx context.Context, payment string, params ReviewDecide, options ...Option) (Payment, error) {
	return post[Payment](ctx, c, at(paymentsPath, payment, "review"), params, options)
}

// CreateRefund gives money back.
func (c *Client) CreateRefund(ctx context.Context, params RefundCreate, options ...Option) (Refund, error) {
	return post[Refund](ctx, c, refundsPath, params, options)
}

// GetRefund reads a refund.
func (c *Client) GetRefund(ctx context.Context, refund string) (Refund, error) {
	return get[Refund](ctx, c, at(refundsPath, refund), nil)
}

// ListRefunds reads a page of refunds, newest first; see AllRefunds.
func (c *Client) ListRefunds(ctx context.Context, query RefundQuery) (List[Refund], error) {
	return get[List[Refund]](ctx, c, refundsPath, query.values())
}

// CreatePaymentLink creates a payment link.
func (c *Client) CreatePaymentLink(ctx context.Context, params PaymentLinkCreate, options ...Option) (PaymentLink, error) {
	return post[PaymentLink](ctx, c, linksPath, params, options)
}

// GetPaymentLink reads a payment link.
func (c *Client) GetPaymentLink(ctx context.Context, link string) (PaymentLink, error) {
	return get[PaymentLink](ctx, c, at(linksPath, link), nil)
}

// ListPaymentLinks reads a page of links, newest first; see AllPaymentLinks.
func (c *Client) ListPaymentLinks(ctx context.Context, query PaymentLinkQuery) (List[PaymentLink], error) {
	return get[List[PaymentLink]](ctx, c, linksPath, query.values())
}

// DeactivatePaymentLink ends a link; its sessions live on.
func (c *Client) DeactivatePaymentLink(ctx context.Context, link string, options ...Option) (PaymentLink, error) {
	return post[PaymentLink](ctx, c, at(linksPath, link, "deactivate"), empty{}, options)
}

// CreateWebhookEndpoint creates an endpoint; keep its secret.
func (c *Client) CreateWebhookEndpoint(ctx context.Context, params WebhookEndpointCreate, options ...Option) (WebhookEndpointWithSecret, error) {
	return post[WebhookEndpointWithSecret](ctx, c, endpointsPath, params, options)
}

// GetWebhookEndpoint reads an endpoint.
func (c *Client) GetWebhookEndpoint(ctx context.Context, endpoint string) (WebhookEndpoint, error) {
	return get[WebhookEndpoint](ctx, c, at(endpointsPath, endpoint), nil)
}

// ListWebhookEndpoints reads a page of endpoints, newest first; see
// AllWebhookEndpoints.
func (c *Client) ListWebhookEndpoints(ctx context.Context, query ListPart) (List[WebhookEndpoint], error) {
	return get[List[WebhookEndpoint]](ctx, c, endpointsPath, query.values())
}

// UpdateWebhookEndpoint changes an endpoint.
func (c *Client) UpdateWebhookEndpoint(ctx context.Context, endpoint string, params WebhookEndpointUpdate, options ...Option) (WebhookEndpoint, error) {
	return post[WebhookEndpoint](ctx, c, at(endpointsPath, endpoint), params, options)
}

// DeleteWebhookEndpoint deletes an endpoint and what was still to be sent to it.
func (c *Client) DeleteWebhookEndpoint(ctx context.Context, endpoint string) error {
	return c.do(ctx, request{method: http.MethodDelete, path: at(endpointsPath, endpoint)}, nil)
}

// RotateWebhookSecret gives an endpoint a new secret; keep it.
func (c *Client) RotateWebhookSecret(ctx context.Context, endpoint string, params RotateSecret, options ...Option) (WebhookEndpointWithSecret, error) {
	return post[WebhookEndpointWithSecret](ctx, c, at(endpointsPath, endpoint, "rotate_secret"), params, options)
}

// TestWebhookEndpoint sends a webhook.test event to an endpoint.
func (c *Client) TestWebhookEndpoint(ctx context.Context, endpoint string, options ...Option) (Delivery, error) {
	return post[Delivery](ctx, c, at(endpointsPath, endpoint, "test"), empty{}, options)
}

// ListDeliveries reads a page of an endpoint's deliveries, newest first; see
// AllDeliveries.
func (c *Client) ListDeliveries(ctx context.Context, endpoint string, query DeliveryQuery) (List[Delivery], error) {
	return get[List[Delivery]](ctx, c, at(endpointsPath, endpoint, "deliveries"), query.values())
}

// RedeliverOne sends one delivery once more.
func (c *Client) RedeliverOne(ctx context.Context, endpoint, delivery string, options ...Option) (Delivery, error) {
	return post[Delivery](ctx, c, at(at(endpointsPath, endpoint, "deliveries"), delivery, "redeliver"), empty{}, options)
}

// Redeliver sends a range of events, or all failed deliveries, again.
func (c *Client) Redeliver(ctx context.Context, endpoint string, params RedeliverMany, options ...Option) (Redelivery, error) {
	return post[Redelivery](ctx, c, at(endpointsPath, endpoint, "redeliver"), params, options)
}

// GetEvent reads an event.
func (c *Client) GetEvent(ctx context.Context, event string) (Event, error) {
	return get[Event](ctx, c, at(eventsPath, event), nil)
}

// ListEvents reads a page of the feed, oldest first; see AllEvents.
func (c *Client) ListEvents(ctx context.Context, query EventQuery) (List[Event], error) {
	return get[List[Event]](ctx, c, eventsPath, query.values())
}
