package bots

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/notices"
	"rieltime/checkout/users"
	"rieltime/internal/compose"
	"rieltime/internal/telegram"
	"rieltime/web/templates"
)

// seller is the member of the merchant's team who wrote a message; none when that person
// is not linked, or in a group that is not.
func (b *Bots) seller(ctx context.Context, bot notices.Bot, message telegram.Message) (member users.Member, lang string, err error) {
	if message.From == nil {
		return users.Member{}, "", checkout.ErrNotFound
	}
	lang = languageOf(message.From)
	if message.Chat.Type != "private" {
		chats, err := b.store.Chats(ctx, bot.MerchantID, bot.Mode)
		if err != nil {
			return users.Member{}, "", err
		}
		at := slices.IndexFunc(chats, func(chat notices.Chat) bool { return chat.ChatID == message.Chat.ID && chat.StoppedAt.IsZero() })
		if at < 0 {
			return users.Member{}, "", checkout.ErrNotFound
		}
		lang = chats[at].Locale
	}

	person, err := b.store.Person(ctx, bot.MerchantID, bot.Mode, message.From.ID)
	if err != nil {
		return users.Member{}, "", err
	}
	member, err = b.users.Member(ctx, bot.MerchantID, person.UserID)
	if err == nil && !member.DisabledAt.IsZero() {
		err = checkout.ErrNotFound
	}
	return member, lang, err
}

// pay makes a sale of what follows /pay; a job answers with its picture. Strangers get no
// answer. An update that comes twice makes one sale.
func (b *Bots) pay(ctx context.Context, bot notices.Bot, update telegram.Update, words string) error {
	message := *update.Message
	member, lang, err := b.seller(ctx, bot, message)
	if errors.Is(err, checkout.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	say := func(key string) error { return b.send(ctx, bot, message.Chat.ID, compose.Text(lang, key)) }
	if !member.Role.May(users.TakePayments) {
		return say("pay.forbidden")
	}
	amount, note, err := notices.ParseSale(words)
	if err != nil {
		return say("pay.words")
	}

	ctx = checkout.WithActor(ctx, users.Actor(member.ID))
	purchase, err := b.startSale(ctx, bot, update.ID, checkout.SaleParams{
		Amount: amount.Decimal(), Currency: string(amount.Currency), Note: note, Counter: "telegram", CashierID: member.ID,
	})
	if known, ok := errors.AsType[*checkout.Error](err); ok && known.Kind == checkout.KindInvalid {
		return b.send(ctx, bot, message.Chat.ID, known.Detail)
	}
	if err == nil {
		err = b.store.InsertChatSale(ctx, notices.ChatSale{
			SessionID: purchase.Session.ID, MerchantID: bot.MerchantID, Mode: bot.Mode, BotID: bot.ID, ChatID: message.Chat.ID, Locale: lang,
			State: notices.SaleOpen, DueAt: b.now(),
		})
	}
	if err != nil {
		return errors.Join(err, say("failed"))
	}
	return nil
}

// startSale makes a sale with its code, if a provider has one.
func (b *Bots) startSale(ctx context.Context, bot notices.Bot, updateID int64, params checkout.SaleParams) (checkout.Purchase, error) {
	request := checkout.FormRequest(ctx, fmt.Sprintf("sale by bot %d", bot.ID), fmt.Sprintf("update %016d", updateID))
	session, err := b.checkout.CreateSale(request, bot.MerchantID, bot.Mode, params)
	if err != nil {
		return checkout.Purchase{}, err
	}
	purchase, err := b.checkout.StartCode(ctx, session.ID, checkout.StartParams{})
	if errors.Is(err, checkout.ErrMethodUnavailable) {
		return b.checkout.Purchase(ctx, session.ID)
	}
	return purchase, err
}

const (
	pictureSize = 600 // pixels

	// mostUnanswered is how often a message is sent whose answers are lost. Then only what
	// becomes of the sale is shown.
	mostUnanswered = 3
)

// picture is the text of a sale's picture to forward: the code that a bank's app pays, with
// its end, or else the address of its page.
func (b *Bots) picture(p checkout.Purchase) (code string, endsAt time.Time) {
	payment := p.Latest()
	if payment == nil || payment.NextAction.Kind != checkout.ActionQRCode || payment.Status.Closed() || !b.now().Before(payment.ExpiresAt) {
		return b.checkout.SessionURL(p.Session.ID), time.Time{}
	}
	return payment.NextAction.QRCode, payment.ExpiresAt
}

// caption is what stands under the picture of a sale in its state.
func (b *Bots) caption(sale notices.ChatSale, p checkout.Purchase) string {
	w := b.writer(notices.Bot{MerchantID: sale.MerchantID, Mode: sale.Mode}, sale.Locale)
	lines := []string{w.T("sale."+string(sale.State), "amount", w.Amount(p.Session.Amount))}
	if p.Session.Description != "" {
		lines = append(lines, p.Session.Description)
	}
	lines = append(lines, p.Session.Reference)
	switch sale.State {
	case notices.SaleOpen:
		lines = append(lines, b.until(w, sale, p.Session), b.checkout.SessionURL(p.Session.ID))
		if sale.Unanswered > 1 {
			lines = append(lines, w.T("sale.again"))
		}
	case notices.SaleLate, notices.SaleCheck:
		lines = append(lines, w.BaseURL+"/sessions/"+p.Session.ID)
	}
	return compose.Shorten(w.Sign(strings.Join(lines, "\n")), telegram.MaxCaption)
}

// until says how long an open sale can be paid. A code often ends before its session.
func (b *Bots) until(w compose.Writer, sale notices.ChatSale, session checkout.Session) string {
	end := templates.FormatClock(session.ExpiresAt)
	switch {
	case sale.CodeOver(b.now()):
		return w.T("sale.code_over", "end", end)
	case sale.CodeEndsAt.IsZero() || !sale.CodeEndsAt.Before(session.ExpiresAt):
		return w.T("sale.until", "at", end)
	}
	return w.T("sale.code_until", "at", templates.FormatClock(sale.CodeEndsAt), "end", end)
}

// ShowSale sends the message of a session to its chat, and later has it show what became
// of the session. again is after how long to look once more; 0 when only money that comes
// can change it.
func (b *Bots) ShowSale(ctx context.Context, sessionID string) (again time.Duration, err error) {
	sale, bot, err := b.store.ChatSale(ctx, sessionID)
	if err != nil {
		return 0, err
	}
	if bot.ID != sale.BotID { // it was unlinked, or another has replaced it
		sale.DueAt = time.Time{}
		return 0, b.store.SaveChatSale(ctx, sale)
	}
	if wait := sale.Waits(b.now()); wait > 0 {
		return wait, nil
	}
	purchase, err := b.checkout.Purchase(ctx, sessionID)
	if err != nil {
		return 0, err
	}

	now := b.now()
	shown := sale.State
	if sale.State = notices.StateOf(purchase, now); sale.State != shown {
		sale.Unanswered = 0
	}
	if sale.State != shown || sale.CodeOver(now) || sale.MessageID == 0 && sale.Unanswered < mostUnanswered {
		err = b.writeSale(ctx, bot, &sale, purchase)
	}
	if !b.settled(bot, &sale, err) && sale.MessageID != 0 {
		sale.State = shown
	}

	again = sale.Waits(now)
	sale.DueAt = sale.NextAt
	if again == 0 && sale.State == notices.SaleOpen && !gone(err) {
		sale.DueAt = sale.ChangesAt(purchase.Session)
		again = max(sale.DueAt.Sub(now), time.Second)
	}
	return again, b.store.SaveChatSale(context.WithoutCancel(ctx), sale)
}

// writeSale sends the picture of a sale, or changes what stands under it.
func (b *Bots) writeSale(ctx context.Context, bot notices.Bot, sale *notices.ChatSale, p checkout.Purchase) error {
	if err := b.limit(bot.ID).Wait(ctx); err != nil {
		return err
	}
	api := b.api.Bot(bot.Token.Reveal())
	if sale.MessageID != 0 {
		over := sale.CodeOver(b.now())
		err := api.EditCaption(ctx, sale.ChatID, sale.MessageID, b.caption(*sale, p))
		if over && err == nil {
			sale.CodeEndsAt = time.Time{}
		}
		return err
	}

	// Telegram cannot tell whether a picture has arrived. It is counted before it is sent,
	// so that one that is sent again says so, also after a crash.
	code, endsAt := b.picture(p)
	sale.CodeEndsAt = endsAt
	sale.Unanswered++
	if err := b.store.SaveChatSale(ctx, *sale); err != nil {
		return err
	}

	picture, err := templates.QRPNG(code, pictureSize)
	if err != nil {
		return err
	}
	sent, err := api.SendPhoto(ctx, telegram.Picture{ChatID: sale.ChatID, Caption: b.caption(*sale, p), PNG: picture})
	switch refusal, refused := telegram.Refusal(err); {
	case err == nil:
		sale.MessageID, sale.Unanswered = sent.MessageID, 0
	case refused && refusal.Code/100 == 4: // it did not arrive
		sale.Unanswered--
	}
	return err
}

// gone reports whether Telegram refuses a message for good: it was deleted, its group is
// another by now, or the bot may not write there.
func gone(err error) bool {
	refusal, _ := telegram.Refusal(err)
	return refusal != nil && (refusal.MigratedTo != 0 || refusal.Code == http.StatusBadRequest || refusal.Code == http.StatusForbidden)
}

// settled notes what came of a message, and reports whether nothing more is to be done
// about it.
func (b *Bots) settled(bot notices.Bot, sale *notices.ChatSale, err error) bool {
	if err == nil || gone(err) {
		sale.Failures, sale.NextAt = 0, time.Time{}
	}
	if err == nil {
		return true
	}
	b.log.Warn("message of a sale not shown", "bot", bot.Username, "error", err)
	if gone(err) {
		return true
	}

	var wait time.Duration
	if refusal, ok := telegram.Refusal(err); ok {
		wait = refusal.RetryAfter
	}
	sale.Progress = sale.Failed(wait, b.now())
	return false
}
