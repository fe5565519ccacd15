package bots

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/notices"
	"rieltime/internal/telegram"
)

const (
	chatLease  = time.Minute
	eventsRead = 200 // at a time; as many payments fit into one message or two
)

// Notify tells a chat what it has not been told, by at most one message. again is after how
// long there may be more to tell: 0 when there is nothing. A message whose answer is lost is
// sent again: none is missing.
func (b *Bots) Notify(ctx context.Context, chatID string) (again time.Duration, err error) {
	chat, bot, wait, err := b.store.LeaseChat(ctx, chatID, chatLease)
	if err != nil || wait > 0 {
		return wait, err
	}

	again = chat.Waits(b.now())
	if again == 0 && chat.StoppedAt.IsZero() {
		if chat, again, err = b.tell(ctx, chat, bot); err != nil {
			b.log.Warn("notice not sent", "chat", chat.ID, "merchant", chat.MerchantID, "mode", chat.Mode, "error", err)
		}
	}
	return again, b.store.SaveChat(context.WithoutCancel(ctx), chat)
}

// problemToken is shown to the merchant.
const problemToken = "Telegram does not know this bot's token any more."

// notice is a message that a chat is to be sent, and its progress then.
type notice struct {
	text     string // empty: there is nothing to say
	payments int
	after    notices.Progress
}

// tell sends a chat its next message, if there is one.
func (b *Bots) tell(ctx context.Context, chat notices.Chat, bot notices.Bot) (notices.Chat, time.Duration, error) {
	next, more, err := b.nextNotice(ctx, chat)
	if err != nil {
		chat.Progress = chat.Failed(0, b.now())
		return chat, chat.Waits(b.now()), err
	}

	if next.text != "" {
		if err := b.send(ctx, bot, chat.ChatID, next.text); err != nil {
			return b.failed(ctx, chat, bot, err)
		}
		next.after = next.after.Sent(chat.Kind, next.payments, b.now())
	}

	chat.Progress, chat.Problem = next.after, ""
	if !more {
		return chat, 0, b.store.SetBotProblem(ctx, bot, "")
	}
	return chat, max(chat.Waits(b.now()), time.Millisecond), b.store.SetBotProblem(ctx, bot, "")
}

func (b *Bots) send(ctx context.Context, bot notices.Bot, chatID int64, message string) error {
	if err := b.limit(bot.ID).Wait(ctx); err != nil {
		return err
	}
	_, err := b.api.Bot(bot.Token.Reveal()).Send(ctx, telegram.Text{ChatID: chatID, Text: message, LinkPreview: telegram.LinkPreview{Disabled: true}})
	return err
}

// failed is a chat to which a message was not sent.
func (b *Bots) failed(ctx context.Context, chat notices.Chat, bot notices.Bot, cause error) (notices.Chat, time.Duration, error) {
	now := b.now()
	refusal, _ := telegram.Refusal(cause)
	switch {
	case refusal == nil:
		chat.Problem = "Telegram does not answer."
	case refusal.MigratedTo != 0: // the group became a supergroup
		chat.ChatID = refusal.MigratedTo
		return chat, time.Millisecond, nil
	case refusal.Code == http.StatusForbidden, refusal.Code == http.StatusBadRequest && strings.Contains(refusal.Description, "chat not found"):
		chat.Problem, chat.StoppedAt = cmp.Or(refusal.Description, "The bot may not write here."), now
		return chat, 0, cause
	case refusal.Code == http.StatusUnauthorized:
		cause = cmp.Or(b.store.SetBotProblem(ctx, bot, problemToken), cause)
	case refusal.Code == http.StatusTooManyRequests:
		chat.Progress = chat.Failed(max(refusal.RetryAfter, time.Second), now)
		return chat, chat.Waits(now), cause
	default:
		chat.Problem = refusal.Description
	}

	chat.Progress = chat.Failed(0, now)
	return chat, chat.Waits(now), cause
}

// nextNotice is what a chat is to be told next, and whether there may be more after it:
// payments, then webhooks that fail, then the totals of a day that is over.
func (b *Bots) nextNotice(ctx context.Context, chat notices.Chat) (next notice, more bool, err error) {
	next.after = chat.Progress
	events, last, err := b.store.NewEvents(ctx, chat.MerchantID, chat.Mode, chat.Sequence, eventsRead)
	if err != nil {
		return next, false, err
	}
	if len(events) > 0 {
		return b.ofEvents(ctx, chat, events, last), true, nil
	}
	if next.after.Sequence = last; last > chat.Sequence {
		return next, true, nil
	}

	failing, err := b.store.FailingEndpoints(ctx, chat.MerchantID, chat.Mode)
	if err != nil {
		return next, false, err
	}

	w := b.writer(chat)
	if next.after.WebhooksTold = failing > 0; next.after.WebhooksTold != chat.WebhooksTold {
		key, page := "webhooks.work", ""
		if failing > 0 {
			key, page = "webhooks.fail", "\n"+w.baseURL+"/webhooks"
		}
		next.text = w.sign(w.t(key) + page)
		return next, true, nil
	}

	day, due := chat.DayToTell(b.now())
	if !due {
		return next, false, nil
	}
	takings, err := b.store.Takings(ctx, chat.MerchantID, chat.Mode, checkout.TakingsQuery{From: day, To: day, By: checkout.TakingsByDay})
	next.after.ToldDay, next.text = day, w.day(day, takings)
	return next, false, err
}

// ofEvents is a message about as many events as fit into it.
func (b *Bots) ofEvents(ctx context.Context, chat notices.Chat, events []checkout.Event, last int64) notice {
	var items []notices.Item
	for _, event := range events {
		item, err := notices.ReadItem(event)
		if err != nil { // one that cannot be read must not hold up the others
			b.log.Error("event not told", "event", event.ID, "error", err)
			continue
		}
		item.Payer = b.payer(ctx, chat, item)
		items = append(items, item)
	}

	next := notice{after: chat.Progress}
	next.after.Sequence = last
	if len(items) == 0 {
		return next
	}

	message := b.writer(chat).compose(items)
	next.text, next.payments = message.text, message.items
	if message.items < len(items) {
		next.after.Sequence = items[message.items-1].Sequence
	}
	return next
}

func (b *Bots) writer(chat notices.Chat) writer {
	return writer{
		lang: chat.Locale, mode: chat.Mode, baseURL: b.dashboardURL + "/dashboard/" + string(chat.Mode) + "/" + url.PathEscape(chat.MerchantID),
	}
}

// payer is who paid, if the chat is told. What is not known is not worth a failure.
func (b *Bots) payer(ctx context.Context, chat notices.Chat, item notices.Item) string {
	if !chat.Details {
		return ""
	}
	purchase, err := b.checkout.Purchase(ctx, item.SessionID)
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
