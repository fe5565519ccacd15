package bots

import (
	"context"
	"errors"
	"slices"

	"rieltime/checkout"
	"rieltime/checkout/notices"
	"rieltime/checkout/users"
	"rieltime/internal/cambodia"
	"rieltime/internal/compose"
	"rieltime/internal/telegram"
	"rieltime/web/templates"
)

// sendTotals sends the takings of the last days, today included, to a linked chat, where
// everybody is notified of each payment anyway. In a private chat that is not linked, a
// linked person gets what the role allows; anybody else gets no answer.
func (b *Bots) sendTotals(ctx context.Context, bot notices.Bot, message telegram.Message, days cambodia.Day) error {
	chats, err := b.store.Chats(ctx, bot.MerchantID, bot.Mode)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(chats, func(chat notices.Chat) bool { return chat.ChatID == message.Chat.ID && chat.StoppedAt.IsZero() })
	if at >= 0 {
		return b.sendTakings(ctx, bot, message.Chat.ID, b.composer.Writer(receiver(chats[at])), days)
	}

	member, lang, err := b.seller(ctx, bot, message)
	if errors.Is(err, checkout.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	w := b.writer(bot, lang)
	switch {
	case member.Role.May(users.ViewPayments):
		return b.sendTakings(ctx, bot, message.Chat.ID, w, days)
	case !member.Role.May(users.TakePayments):
		return b.send(ctx, bot, message.Chat.ID, w.T("totals.forbidden"))
	case days > 1:
		return b.send(ctx, bot, message.Chat.ID, w.T("totals.own_only"))
	}
	return b.sendOwnSales(ctx, bot, message.Chat.ID, w, member.ID)
}

// sendTakings sends what the merchant took in the last days.
func (b *Bots) sendTakings(ctx context.Context, bot notices.Bot, chatID int64, w compose.Writer, days cambodia.Day) error {
	today := cambodia.DayOf(b.now())
	query := checkout.TakingsQuery{From: today - days + 1, To: today, By: checkout.TakingsByDay}
	takings, err := b.store.Takings(ctx, bot.MerchantID, bot.Mode, query)
	if err != nil {
		return err
	}
	return b.send(ctx, bot, chatID, w.Days(query, takings))
}

// sendOwnSales sends what a cashier's own sales took: those of the open shift, or else of
// today.
func (b *Bots) sendOwnSales(ctx context.Context, bot notices.Bot, chatID int64, w compose.Writer, cashierID string) error {
	now := b.now()
	day := cambodia.DayOf(now)
	made, title := checkout.TimeRange{From: day.Begin(), To: now}, w.T("totals.own_day", "day", day.String())
	shift, err := b.store.OpenShift(ctx, bot.MerchantID, bot.Mode, cashierID)
	if err != nil && !errors.Is(err, checkout.ErrNotFound) {
		return err
	}
	if err == nil {
		made, title = shift.Made(now), w.T("totals.own_shift", "at", templates.FormatTime(w.Lang, shift.OpenedAt))
	}

	sales, err := b.store.SaleTakings(ctx, bot.MerchantID, bot.Mode, cashierID, made)
	if err != nil {
		return err
	}
	takings := make([]checkout.Takings, 0, len(sales))
	for _, s := range sales {
		takings = append(takings, checkout.Takings{Currency: s.Taken.Currency, Taken: checkout.Sum{Minor: s.Taken.Minor, Count: int64(s.Count)}})
	}
	return b.send(ctx, bot, chatID, w.Totals(title, takings))
}
