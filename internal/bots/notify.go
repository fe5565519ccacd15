package bots

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"time"

	"rieltime/checkout/notices"
	"rieltime/internal/compose"
	"rieltime/internal/telegram"
)

const chatLease = time.Minute

// Notify sends a chat what it was not notified of, by at most one message. again is after how
// long there may be more to send: 0 when there is nothing. A message whose answer is lost is
// sent again: none is missing.
func (b *Bots) Notify(ctx context.Context, chatID string) (again time.Duration, err error) {
	chat, bot, wait, err := b.store.LeaseChat(ctx, chatID, chatLease)
	if err != nil || wait > 0 {
		return wait, err
	}

	again = chat.Waits(b.now())
	if again == 0 && chat.StoppedAt.IsZero() {
		if chat, again, err = b.sendNext(ctx, chat, bot); err != nil {
			b.log.Warn("notice not sent", "chat", chat.ID, "merchant", chat.MerchantID, "mode", chat.Mode, "error", err)
		}
	}
	return again, b.store.SaveChat(context.WithoutCancel(ctx), chat)
}

// problemRevoked is shown to the merchant.
const problemRevoked = "Telegram does not know this bot's token any more."

// sendNext sends a chat its next message, if there is one.
func (b *Bots) sendNext(ctx context.Context, chat notices.Chat, bot notices.Bot) (notices.Chat, time.Duration, error) {
	next, more, err := b.composer.Next(ctx, receiver(chat))
	if err != nil {
		chat.Progress = chat.Failed(0, b.now())
		return chat, chat.Waits(b.now()), err
	}

	if next.Text != "" {
		if err := b.send(ctx, bot, chat.ChatID, next.Text); err != nil {
			return b.failed(ctx, chat, bot, err)
		}
		next.After = next.After.Sent(chat.Kind, next.Payments, b.now())
	}

	chat.Progress, chat.Problem = next.After, ""
	if bot.Problem == problemRevoked {
		err = b.store.SetBotProblem(ctx, bot, "")
	}
	if !more {
		return chat, 0, err
	}
	return chat, max(chat.Waits(b.now()), time.Millisecond), err
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
		cause = cmp.Or(b.store.SetBotProblem(ctx, bot, problemRevoked), cause)
	case refusal.Code == http.StatusTooManyRequests:
		chat.Progress = chat.Failed(max(refusal.RetryAfter, time.Second), now)
		return chat, chat.Waits(now), cause
	default:
		chat.Problem = refusal.Description
	}

	chat.Progress = chat.Failed(0, now)
	return chat, chat.Waits(now), cause
}

func receiver(chat notices.Chat) compose.Receiver {
	return compose.Receiver{MerchantID: chat.MerchantID, Mode: chat.Mode, Kind: chat.Kind, Locale: chat.Locale, Details: chat.Details, Progress: chat.Progress}
}
