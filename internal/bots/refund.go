package bots

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/notices"
	"rieltime/checkout/users"
	"rieltime/internal/compose"
	"rieltime/internal/telegram"
)

const (
	refundData = "refund" // begins what a button sends: "refund pay_… 5.50"
	keepData   = "keep"

	// askedFor is how long a question can be answered: whoever finds it later in the chat
	// must ask anew.
	askedFor = 10 * time.Minute

	refundReason = "asked for by an owner in Telegram" // in the books
)

// owner is an owner of the merchant, and the language to answer in.
type owner struct {
	users.Member
	lang string
}

// owner is the owner of the merchant who wrote a message. Where somebody else of the team
// wrote it, that is answered and stop is set, as it is for strangers.
func (b *Bots) owner(ctx context.Context, bot notices.Bot, message telegram.Message) (by owner, stop bool, err error) {
	by.Member, by.lang, err = b.seller(ctx, bot, message)
	switch {
	case errors.Is(err, checkout.ErrNotFound):
		return by, true, nil
	case err != nil:
		return by, true, err
	case by.Role != users.RoleOwner:
		return by, true, b.send(ctx, bot, message.Chat.ID, compose.Text(by.lang, "refund.forbidden"))
	}
	return by, false, nil
}

// askRefund asks an owner whether the money of a sale is to be given back.
func (b *Bots) askRefund(ctx context.Context, bot notices.Bot, message telegram.Message, reference string) error {
	by, stop, err := b.owner(ctx, bot, message)
	if stop || err != nil {
		return err
	}
	w := b.writer(bot, by.lang)
	purchase, err := b.paidPurchase(ctx, bot, reference)
	if errors.Is(err, checkout.ErrNotFound) {
		return b.send(ctx, bot, message.Chat.ID, w.T("refund.words"))
	}
	if err != nil {
		return err
	}
	payment := *purchase.Payment(purchase.Session.PaymentID)
	switch {
	case payment.GivenBack():
		return b.send(ctx, bot, message.Chat.ID, w.Sign(givenBack(w, purchase)))
	case payment.Refundable().Minor <= 0:
		return b.send(ctx, bot, message.Chat.ID, w.T("refund.words"))
	case !b.checkout.CanRefund(payment):
		return b.send(ctx, bot, message.Chat.ID, w.T("refund.by_hand", "link", w.BaseURL+"/payments/"+payment.ID))
	}

	if err := b.limit(bot.ID).Wait(ctx); err != nil {
		return err
	}
	left := payment.Refundable()
	_, err = b.api.Bot(bot.Token.Reveal()).Send(ctx, telegram.Text{
		ChatID: message.Chat.ID, Text: w.Sign(w.T("refund.ask", "amount", w.Amount(left), "reference", reference)), LinkPreview: telegram.LinkPreview{Disabled: true},
		Keyboard: &telegram.Keyboard{Rows: [][]telegram.Button{{
			{Text: w.T("refund.yes", "amount", w.Amount(left)), Data: refundData + " " + payment.ID + " " + left.Decimal()}, {Text: w.T("refund.no"), Data: keepData},
		}}},
	})
	return err
}

// givenBack says that nothing is left of a purchase, and what became of it.
func givenBack(w compose.Writer, p checkout.Purchase) string {
	payment := p.Payment(p.Session.PaymentID)
	sums := map[checkout.RefundStatus]checkout.Money{}
	for _, refund := range p.Refunds {
		if refund.PaymentID == payment.ID {
			sums[refund.Status] = checkout.Money{Minor: sums[refund.Status].Minor + refund.Amount.Minor, Currency: refund.Amount.Currency}
		}
	}

	lines := []string{w.T("refund.nothing_left", "reference", p.Session.Reference)}
	for _, status := range []checkout.RefundStatus{checkout.RefundSucceeded, checkout.RefundPending} {
		if sum, any := sums[status]; any {
			lines = append(lines, w.T("refund."+string(status), "amount", w.Amount(sum)))
		}
	}
	return strings.Join(lines, "\n")
}

// paidPurchase is the newest purchase with a reference that is paid; checkout.ErrNotFound
// when there is none.
func (b *Bots) paidPurchase(ctx context.Context, bot notices.Bot, reference string) (checkout.Purchase, error) {
	if reference == "" {
		return checkout.Purchase{}, checkout.ErrNotFound
	}
	query := checkout.SessionQuery{ListPart: checkout.ListPart{Limit: 1}, Reference: reference, Status: checkout.SessionComplete}
	sessions, _, err := b.store.ListSessions(ctx, bot.MerchantID, bot.Mode, query)
	if err != nil {
		return checkout.Purchase{}, err
	}
	if len(sessions) == 0 {
		return checkout.Purchase{}, checkout.ErrNotFound
	}

	purchase, err := b.checkout.Purchase(ctx, sessions[0].ID)
	if err == nil && purchase.Payment(purchase.Session.PaymentID) == nil {
		err = checkout.ErrNotFound
	}
	return purchase, err
}

// handlePress carries out a button that was pressed under a message of the bot. Who presses
// it must be an owner at that moment, whoever asked.
func (b *Bots) handlePress(ctx context.Context, bot notices.Bot, press telegram.CallbackQuery) error {
	api := b.api.Bot(bot.Token.Reveal())
	defer func() { _ = api.AnswerPress(ctx, press.ID) }() // else the button is only shown as busy for a while
	if press.Message == nil {
		return nil
	}
	message := *press.Message
	asked := time.Unix(message.Date, 0)
	message.From = &press.From
	by, stop, err := b.owner(ctx, bot, message)
	if stop || err != nil {
		return err
	}

	words := strings.Fields(press.Data)
	said := "refund.kept"
	switch {
	case b.now().Sub(asked) > askedFor:
		said = "refund.too_late"
	case len(words) == 3 && words[0] == refundData:
		return b.refund(ctx, bot, message, by, words[1:])
	case !slices.Equal(words, []string{keepData}):
		return nil
	}
	return api.EditText(ctx, message.Chat.ID, message.MessageID, message.Text+"\n"+compose.Text(by.lang, said))
}

// refund gives back what was asked about, and says in the question what came of it. A
// button that is pressed twice gives back once.
func (b *Bots) refund(ctx context.Context, bot notices.Bot, question telegram.Message, by owner, of []string) error {
	actor := users.Actor(by.ID)
	request := checkout.FormRequest(checkout.WithActor(ctx, actor), fmt.Sprintf("refund by bot %d of %s", bot.ID, of[0]), fmt.Sprintf("message %d.%016d", question.Chat.ID, question.MessageID))
	refund, err := b.checkout.Refund(request, bot.MerchantID, bot.Mode, checkout.RefundParams{Payment: of[0], Amount: of[1], Reason: refundReason, RequestedBy: actor})

	said := compose.Text(by.lang, "failed")
	if known, ok := errors.AsType[*checkout.Error](err); ok {
		said = known.Detail
	}
	if err == nil {
		said = compose.Text(by.lang, "refund."+string(refund.Status), "amount", b.writer(bot, by.lang).Amount(refund.Amount))
	}
	text := compose.Shorten(question.Text+"\n"+said, telegram.MaxText)
	return errors.Join(err, b.api.Bot(bot.Token.Reveal()).EditText(ctx, question.Chat.ID, question.MessageID, text))
}
