package bots

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"rieltime/checkout"
	"rieltime/checkout/notices"
	"rieltime/checkout/users"
	"rieltime/internal/compose"
	"rieltime/internal/telegram"
)

const linksShown = 10

// sendLinks sends the newest payment links that can be used, with their uses, to who may see them.
func (b *Bots) sendLinks(ctx context.Context, bot notices.Bot, message telegram.Message) error {
	member, lang, err := b.seller(ctx, bot, message)
	if errors.Is(err, checkout.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if !member.Role.May(users.ViewLinks) {
		return b.send(ctx, bot, message.Chat.ID, compose.Text(lang, "links.forbidden"))
	}

	active := true
	links, _, err := b.store.ListLinks(ctx, bot.MerchantID, bot.Mode, checkout.LinkQuery{ListPart: checkout.ListPart{Limit: linksShown}, Active: &active})
	if err != nil {
		return err
	}
	w := b.writer(bot, lang)
	lines := []string{w.T("links.none")}
	if len(links) > 0 {
		lines[0] = w.T("links.title")
	}
	for _, link := range links {
		lines = append(lines, b.linkText(w, link))
	}
	return b.send(ctx, bot, message.Chat.ID, compose.Shorten(w.Sign(strings.Join(lines, "\n\n")), telegram.MaxText))
}

// linkText is a payment link with how often it was used.
func (b *Bots) linkText(w compose.Writer, link checkout.Link) string {
	amount := w.T("links.chosen")
	if link.Amount.Minor > 0 {
		amount = w.Amount(link.Amount)
	}
	uses := w.T("links.uses", "count", strconv.Itoa(link.Paid))
	if link.MaxUses > 0 {
		uses = w.T("links.uses_of", "count", strconv.Itoa(link.Paid), "most", strconv.Itoa(link.MaxUses))
	}
	return strings.TrimSpace(amount+" "+link.Description) + "\n" + uses + "\n" + b.checkout.LinkURL(link.ID)
}

// writer writes to a member of a bot's merchant.
func (b *Bots) writer(bot notices.Bot, lang string) compose.Writer {
	return b.composer.Writer(compose.Receiver{MerchantID: bot.MerchantID, Mode: bot.Mode, Locale: lang})
}
