package compose

import (
	"context"
	"log/slog"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/notices"
)

// Store has what receivers are notified of.
type Store interface {
	// NewEvents reads the events that receivers are notified of, behind a number, and the
	// number up to which the feed was read.
	NewEvents(ctx context.Context, merchantID string, mode checkout.Mode, after int64, limit int) ([]checkout.Event, int64, error)
	FailingEndpoints(ctx context.Context, merchantID string, mode checkout.Mode) (int, error)

	// OpenReports counts the days whose records differ since after a time, unexplained, and
	// says since when the last of them does.
	OpenReports(ctx context.Context, merchantID string, mode checkout.Mode, after time.Time) (int, time.Time, error)
	Takings(ctx context.Context, merchantID string, mode checkout.Mode, query checkout.TakingsQuery) ([]checkout.Takings, error)
}

const eventsRead = 200 // at a time; as many payments fit into one message or two

// Composer writes notices; all of it is required.
type Composer struct {
	Store        Store
	Checkout     *checkout.Service
	DashboardURL string // its address without /dashboard
	Now          func() time.Time
	Log          *slog.Logger
}

// Receiver is a chat or an e-mail address, with what it was notified of.
type Receiver struct {
	MerchantID string
	Mode       checkout.Mode
	Kind       notices.ChatKind
	Locale     string
	Details    bool // notices say who paid
	notices.Progress
}

// longest is how long a message may be, in UTF-16 units.
func (r Receiver) longest() int {
	if r.Kind == notices.Mailbox {
		return 50_000
	}
	return 4096 // Telegram's
}

// receives reports whether the receiver is notified of an item: payments that need nobody are not
// worth an e-mail each.
func (r Receiver) receives(item notices.Item) bool {
	return r.Kind != notices.Mailbox || item.Attention()
}

// Topic is what a notice is about.
type Topic string

// The topics.
const (
	TopicPayments  Topic = "payments"
	TopicAttention Topic = "attention" // something in it needs somebody
	TopicWebhooks  Topic = "webhooks"
	TopicRecords   Topic = "records" // of a provider, which differ from ours
	TopicRate      Topic = "rate"    // of exchange, which cannot be used
	TopicTotals    Topic = "totals"
)

// Notice is a message that a receiver is to be sent, and its progress then.
type Notice struct {
	Topic    Topic
	Text     string // empty: there is nothing to say
	Payments int
	Mark     string // distinguishes it from others about the same topic after the same event and day
	After    notices.Progress
}

// Next returns what a receiver is to be notified of next, and whether there may be more after it:
// payments, then webhooks that fail, then records that differ, then a rate that cannot be
// used, then the totals of a day that is over.
func (c *Composer) Next(ctx context.Context, r Receiver) (next Notice, more bool, err error) {
	next.After = r.Progress
	events, last, err := c.Store.NewEvents(ctx, r.MerchantID, r.Mode, r.Sequence, eventsRead)
	if err != nil {
		return next, false, err
	}
	if len(events) > 0 {
		return c.ofEvents(ctx, r, events, last), true, nil
	}
	if next.After.Sequence = last; last > r.Sequence {
		return next, true, nil
	}

	for _, look := range []func(context.Context, Receiver, *Notice) error{c.webhooks, c.records, c.rate} {
		if err := look(ctx, r, &next); err != nil || next.Text != "" {
			return next, err == nil, err
		}
	}
	err = c.totals(ctx, r, &next)
	return next, false, err
}

// webhooks writes that webhooks fail, or work again.
func (c *Composer) webhooks(ctx context.Context, r Receiver, next *Notice) error {
	failing, err := c.Store.FailingEndpoints(ctx, r.MerchantID, r.Mode)
	if err != nil {
		return err
	}
	if next.After.WebhooksTold = failing > 0; next.After.WebhooksTold == r.WebhooksTold {
		return nil
	}

	w := c.Writer(r)
	key, page := "webhooks.work", ""
	if failing > 0 {
		key, page = "webhooks.fail", "\n"+w.BaseURL+"/webhooks"
	}
	next.Topic, next.Text = TopicWebhooks, w.Sign(w.T(key)+page)
	return nil
}

// records writes that a provider's records differ.
func (c *Composer) records(ctx context.Context, r Receiver, next *Notice) error {
	days, since, err := c.Store.OpenReports(ctx, r.MerchantID, r.Mode, r.RecordsTold)
	if err != nil || days == 0 {
		return err
	}

	w := c.Writer(r)
	next.Topic, next.After.RecordsTold, next.Mark = TopicRecords, since, strconv.FormatInt(since.UnixMilli(), 10)
	next.Text = w.Sign(w.T("records.differ", "count", strconv.Itoa(days)) + "\n" + w.BaseURL + "/records")
	return nil
}

// rate writes that the rate of exchange cannot be used any more, or for another reason. That
// it can be used again is noted without a message.
func (c *Composer) rate(ctx context.Context, r Receiver, next *Notice) error {
	trouble, last, err := c.Checkout.RateTrouble(ctx, r.MerchantID, r.Mode)
	if err != nil {
		return err
	}
	if next.After.RateNotified = trouble; trouble == checkout.RateFine || trouble == r.RateNotified {
		return nil
	}

	w := c.Writer(r)
	next.Topic, next.Mark = TopicRate, string(trouble)+"."+last.ID
	next.Text = w.Sign(w.T("rate."+string(trouble)) + "\n" + w.BaseURL + "/settings/rates")
	return nil
}

// totals writes the totals of a day that is over, if they have not been sent.
func (c *Composer) totals(ctx context.Context, r Receiver, next *Notice) error {
	day, due := r.DueDay(c.Now())
	if !due {
		return nil
	}
	takings, err := c.Store.Takings(ctx, r.MerchantID, r.Mode, checkout.TakingsQuery{From: day, To: day, By: checkout.TakingsByDay})
	if err != nil {
		return err
	}
	next.Topic, next.After.ToldDay, next.Text = TopicTotals, day, c.Writer(r).day(day, takings, next.After.RateNotified)
	return nil
}

// ofEvents is a message about as many events as fit into it.
func (c *Composer) ofEvents(ctx context.Context, r Receiver, events []checkout.Event, last int64) Notice {
	var items []notices.Item
	for _, event := range events {
		item, err := notices.ReadItem(event)
		if err != nil { // one that cannot be read must not hold up the others
			c.Log.Error("event left out", "event", event.ID, "error", err)
			continue
		}
		if !r.receives(item) {
			continue
		}
		item.Payer = c.payer(ctx, r, item)
		items = append(items, item)
	}

	next := Notice{After: r.Progress}
	next.After.Sequence = last
	if len(items) == 0 {
		return next
	}

	message := c.Writer(r).compose(items, r.longest())
	next.Topic, next.Text, next.Payments = TopicPayments, message.text, message.items
	if slices.ContainsFunc(items[:message.items], notices.Item.Attention) {
		next.Topic = TopicAttention
	}
	if message.items < len(items) {
		next.After.Sequence = items[message.items-1].Sequence
	}
	return next
}

// Writer writes to a receiver.
func (c *Composer) Writer(r Receiver) Writer {
	return Writer{
		Lang: r.Locale, Mode: r.Mode, BaseURL: c.DashboardURL + "/dashboard/" + string(r.Mode) + "/" + url.PathEscape(r.MerchantID),
	}
}

// payer is who paid, if the receiver may know. What is not known is not worth a failure.
func (c *Composer) payer(ctx context.Context, r Receiver, item notices.Item) string {
	if !r.Details {
		return ""
	}
	purchase, err := c.Checkout.Purchase(ctx, item.SessionID)
	if err != nil {
		return ""
	}

	var known []string
	for _, fact := range []string{purchase.Session.Customer.Name, purchase.Session.Customer.Phone} {
		if fact != "" {
			known = append(known, fact)
		}
	}
	return strings.Join(known, " ")
}
