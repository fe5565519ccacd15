package bots

import (
	"context"
	"errors"
	"strings"

	"rieltime/checkout"
	"rieltime/checkout/notices"
	"rieltime/internal/compose"
	"rieltime/internal/telegram"
)

// command splits "/pay@shop_bot 5.50 coffee" into "pay" and "5.50 coffee". A command of
// another bot in the same group is none.
func command(bot notices.Bot, message string) (name, rest string) {
	word, rest := notices.CutWord(message)
	name, isCommand := strings.CutPrefix(word, "/")
	name, to, addressed := strings.Cut(name, "@")
	if !isCommand || addressed && !strings.EqualFold(to, bot.Username) {
		return "", ""
	}
	return strings.ToLower(name), rest
}

// handleMessage answers a message. What is no command of ours gets no answer: in a group
// people talk to each other.
func (b *Bots) handleMessage(ctx context.Context, bot notices.Bot, update telegram.Update) error {
	message := *update.Message
	name, rest := command(bot, message.Text)
	switch name {
	case "start":
		return b.send(ctx, bot, message.Chat.ID, b.start(ctx, bot, message, rest))
	case "pay":
		return b.pay(ctx, bot, update, rest)
	case "links":
		return b.sendLinks(ctx, bot, message)
	case "refund":
		return b.askRefund(ctx, bot, message, rest)
	case "today":
		return b.sendTotals(ctx, bot, message, 1)
	case "week":
		return b.sendTotals(ctx, bot, message, 7)
	}
	return nil
}

// start links a chat, or the person in it, by a code, and returns what to answer.
func (b *Bots) start(ctx context.Context, bot notices.Bot, message telegram.Message, code string) string {
	lang := languageOf(message.From)
	if code == "" {
		return compose.Text(lang, "start")
	}

	chat, ok := chatOf(bot, message.Chat)
	if !ok {
		return compose.Text(lang, "start")
	}
	if message.Chat.Type == "private" && message.From != nil {
		_, err := b.notices.LinkPerson(ctx, code, notices.Person{MerchantID: bot.MerchantID, Mode: bot.Mode, PersonID: message.From.ID})
		if err == nil {
			return compose.Text(lang, "linked.person")
		}
		if !notices.ErrNoCode.Is(err) { // else it may be a chat's
			b.log.Error("person not linked", "bot", bot.Username, "error", err)
			return compose.Text(lang, "failed")
		}
	}
	chat, err := b.notices.LinkChat(ctx, code, chat)
	if err != nil {
		var known *checkout.Error
		if errors.As(err, &known) && (known.Is(notices.ErrNoCode) || known.Is(notices.ErrManyChats)) {
			return compose.Text(lang, known.Code)
		}
		b.log.Error("chat not linked", "bot", bot.Username, "error", err)
		return compose.Text(lang, "failed")
	}

	merchant, err := b.store.Merchant(ctx, bot.MerchantID)
	if err != nil {
		b.log.Error("merchant not read", "merchant", bot.MerchantID, "error", err)
	}
	return b.composer.Writer(receiver(chat)).Sign(compose.Text(chat.Locale, "linked", "merchant", merchant.Name))
}

// chatOf is a chat of Telegram's as one of the bot's; channels are none.
func chatOf(bot notices.Bot, of telegram.Chat) (notices.Chat, bool) {
	chat := notices.Chat{MerchantID: bot.MerchantID, Mode: bot.Mode, ChatID: of.ID}
	switch of.Type {
	case "private":
		chat.Kind, chat.Title = notices.Private, strings.TrimSpace(of.FirstName+" "+of.LastName)
	case "group", "supergroup":
		chat.Kind, chat.Title = notices.Group, of.Title
	}
	return chat, chat.Kind != ""
}

// languageOf is the language that a person has set in Telegram, if it is one of ours.
func languageOf(person *telegram.User) string {
	if person == nil {
		return "en"
	}
	for _, lang := range []string{"km", "zh"} {
		if strings.HasPrefix(person.Language, lang) {
			return lang
		}
	}
	return "en"
}
