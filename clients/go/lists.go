package rieltime

import (
	"context"
	"iter"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// ListPart selects a page; the zero ListPart is the newest 20. Give one of the
// cursors at most.
type ListPart struct {
	Limit         int    // 1 to 100
	StartingAfter string // an id: what comes behind it, older ones
	EndingBefore  string // an id: what comes directly in front of it, newer ones
}

// CreatedRange selects what was created from CreatedFrom to before CreatedTo; a
// zero time is no bound.
type CreatedRange struct{ CreatedFrom, CreatedTo time.Time }

// SessionQuery selects sessions; empty fields select all.
type SessionQuery struct {
	ListPart
	CreatedRange
	Reference string
	Status    string
}

// PaymentQuery selects payments; with OpenReviews those that wait for a
// decision.
type PaymentQuery struct {
	ListPart
	CreatedRange
	Session           string
	MerchantReference string // the session's reference
	Status            string
	OpenReviews       bool
}

// RefundQuery selects refunds.
type RefundQuery struct {
	ListPart
	CreatedRange
	Payment string
	Session string
}

// PaymentLinkQuery selects links; a nil Active selects all.
type PaymentLinkQuery struct {
	ListPart
	Active *bool
}

// DeliveryQuery selects deliveries.
type DeliveryQuery struct {
	ListPart
	Status string
}

// EventQuery selects events behind a sequence, oldest first.
type EventQuery struct {
	Limit         int
	AfterSequence int64
	Type          string
}

func values(pairs ...string) url.Values {
	query := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			query.Set(pairs[i], pairs[i+1])
		}
	}
	return query
}

func number(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

func (q ListPart) values(more ...string) url.Values {
	return values(append(more, "limit", number(int64(q.Limit)), "starting_after", q.StartingAfter, "ending_before", q.EndingBefore)...)
}

// pairs are the parameters of a range behind others.
func (r CreatedRange) pairs(others ...string) []string {
	return append(others, "created_from", timeText(r.CreatedFrom), "created_to", timeText(r.CreatedTo))
}

func timeText(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339Nano)
}

func (q SessionQuery) values() url.Values {
	return q.ListPart.values(q.pairs("reference", q.Reference, "status", q.Status)...)
}

func (q PaymentQuery) values() url.Values {
	review := ""
	if q.OpenReviews {
		review = "open"
	}
	return q.ListPart.values(q.pairs("session", q.Session, "merchant_reference", q.MerchantReference, "status", q.Status, "review", review)...)
}

func (q RefundQuery) values() url.Values {
	return q.ListPart.values(q.pairs("payment", q.Payment, "session", q.Session)...)
}

func (q PaymentLinkQuery) values() url.Values {
	active := ""
	if q.Active != nil {
		active = strconv.FormatBool(*q.Active)
	}
	return q.ListPart.values("active", active)
}

func (q DeliveryQuery) values() url.Values { return q.ListPart.values("status", q.Status) }

func (q EventQuery) values() url.Values {
	return values("limit", number(int64(q.Limit)), "after_sequence", number(q.AfterSequence), "type", q.Type)
}

// moveTo makes the next page the one behind an element, in the direction of the
// cursor.
func (q *ListPart) moveTo(id string) {
	if q.toNewer() {
		q.EndingBefore = id
	} else {
		q.StartingAfter = id
	}
}

func (q *ListPart) toNewer() bool { return q.EndingBefore != "" }

// all goes through a list page by page. page reads the one behind the element
// that next has moved to; an error ends the list. toNewer is the direction.
func all[T any](toNewer bool, page func() (List[T], error), next func(T)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for {
			list, err := page()
			if err != nil {
				var none T
				yield(none, err)
				return
			}

			if toNewer {
				slices.Reverse(list.Data) // every page has its newest first
			}
			for _, element := range list.Data {
				next(element)
				if !yield(element, nil) {
					return
				}
			}

			if !list.HasMore || len(list.Data) == 0 {
				return
			}
		}
	}
}

// AllSessions goes through sessions from the newest, or from StartingAfter, to
// the oldest; or from EndingBefore to the newest. An error ends it.
func (c *Client) AllSessions(ctx context.Context, query SessionQuery) iter.Seq2[Session, error] {
	return all(query.toNewer(), func() (List[Session], error) { return c.ListSessions(ctx, query) }, func(s Session) { query.moveTo(s.ID) })
}

// AllPayments is like AllSessions.
func (c *Client) AllPayments(ctx context.Context, query PaymentQuery) iter.Seq2[Payment, error] {
	return all(query.toNewer(), func() (List[Payment], error) { return c.ListPayments(ctx, query) }, func(p Payment) { query.moveTo(p.ID) })
}

// AllRefunds is like AllSessions.
func (c *Client) AllRefunds(ctx context.Context, query RefundQuery) iter.Seq2[Refund, error] {
	return all(query.toNewer(), func() (List[Refund], error) { return c.ListRefunds(ctx, query) }, func(r Refund) { query.moveTo(r.ID) })
}

// AllPaymentLinks is like AllSessions.
func (c *Client) AllPaymentLinks(ctx context.Context, query PaymentLinkQuery) iter.Seq2[PaymentLink, error] {
	return all(query.toNewer(), func() (List[PaymentLink], error) { return c.ListPaymentLinks(ctx, query) }, func(l PaymentLink) { query.moveTo(l.ID) })
}

// AllWebhookEndpoints is like AllSessions.
func (c *Client) AllWebhookEndpoints(ctx context.Context, query ListPart) iter.Seq2[WebhookEndpoint, error] {
	return all(query.toNewer(), func() (List[WebhookEndpoint], error) { return c.ListWebhookEndpoints(ctx, query) }, func(e WebhookEndpoint) { query.moveTo(e.ID) })
}

// AllDeliveries is like AllSessions.
func (c *Client) AllDeliveries(ctx context.Context, endpoint string, query DeliveryQuery) iter.Seq2[Delivery, error] {
	return all(query.toNewer(), func() (List[Delivery], error) { return c.ListDeliveries(ctx, endpoint, query) }, func(d Delivery) { query.moveTo(d.ID) })
}

// AllEvents goes through the feed from AfterSequence to its end. Keep the
// Sequence of the last event you have worked on and go on from there later.
func (c *Client) AllEvents(ctx context.Context, query EventQuery) iter.Seq2[Event, error] {
	return all(false, func() (List[Event], error) { return c.ListEvents(ctx, query) }, func(e Event) { query.AfterSequence = e.Sequence })
}
