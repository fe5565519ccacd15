package bots

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/notices"
	"rieltime/internal/telegram"
)

const (
	checkEvery = time.Minute
	handleTime = 40 * time.Second // of one update; Telegram waits about a minute
)

// webhookURL is where Telegram sends a bot's updates.
func (b *Bots) webhookURL(bot notices.Bot) string { return b.webhook + strconv.FormatInt(bot.ID, 10) }

// webhookSecret is what Telegram sends along with each update of a bot. Only who has the
// bot's token can make it.
func webhookSecret(bot notices.Bot) string {
	mac := hmac.New(sha256.New, []byte(bot.Token.Reveal()))
	mac.Write([]byte("webhook"))
	return hex.EncodeToString(mac.Sum(nil))
}

// newWebhookCheck returns a step that has Telegram send a bot's updates here: it sets the
// webhook, sets it again when another address has taken its place, and shows the merchant
// why Telegram cannot deliver.
func (b *Bots) newWebhookCheck() func(context.Context, *notices.Bot) (time.Duration, error) {
	set := false // with the secret of this token
	return func(ctx context.Context, bot *notices.Bot) (wait time.Duration, err error) {
		defer checkout.Contain(b.log, "bot", &err)
		wait = afterError
		api := b.api.Bot(bot.Token.Reveal())
		info, err := api.Webhook(ctx)
		if err == nil && (!set || info.URL != b.webhookURL(*bot)) {
			err = api.SetWebhook(ctx, b.webhookURL(*bot), webhookSecret(*bot))
			set = err == nil
		}
		if refusal, ok := telegram.Refusal(err); ok && refusal.Code == http.StatusBadRequest { // such as an address that is not public
			return checkEvery, errors.Join(err, b.setProblem(ctx, bot, refusal.Description))
		}
		if err != nil {
			return b.notServed(ctx, bot, err)
		}

		// Meanwhile it may have been replaced or unlinked by a process that ended the
		// webhook too early; and others note problems of the bot too.
		current, err := b.store.BotByID(ctx, bot.ID)
		if errors.Is(err, checkout.ErrNotFound) || err == nil && !current.Webhook {
			return checkEvery, api.DeleteWebhook(ctx)
		}
		if err != nil || !current.Token.Equal(bot.Token.Reveal()) { // the one with the new token is served anew
			return wait, err
		}
		*bot = current
		problem := ""
		if info.LastError != "" && b.now().Sub(time.Unix(info.LastErrorAt, 0)) < 2*checkEvery {
			problem = "Telegram cannot deliver to " + b.webhookURL(*bot) + ": " + info.LastError
		}
		return checkEvery, b.setProblem(ctx, bot, problem)
	}
}

// Receive handles an update that was sent to the webhook of a bot with a secret. Every
// refusal is checkout.ErrCallbackRefused. After another error Telegram sends it again.
func (b *Bots) Receive(ctx context.Context, botID, secret string, body []byte) error {
	id, err := strconv.ParseInt(botID, 10, 64)
	if err != nil {
		return checkout.ErrCallbackRefused.WithCause(err)
	}
	bot, err := b.store.BotByID(ctx, id)
	if err != nil && !errors.Is(err, checkout.ErrNotFound) {
		return err
	}
	if err != nil || !bot.Webhook || !hmac.Equal([]byte(webhookSecret(bot)), []byte(secret)) {
		return checkout.ErrCallbackRefused.WithCause(errors.New("no such webhook, or another secret"))
	}

	var update telegram.Update
	if err := json.Unmarshal(body, &update); err != nil {
		return checkout.ErrCallbackRefused.WithCause(err)
	}

	// It is taken for good before it is handled: who stops waiting does not stop it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), handleTime)
	defer cancel()
	return b.Handle(ctx, bot, update)
}
