package cmd

import (
	"context"
	"fmt"

	"rieltime/checkout"
	"rieltime/checkout/notices"
)

// demoToken is the token of the demo's bot, which only the simulator knows.
const demoToken = "4200:demo-demo-demo-demo-demo-demo-demo-demo"

// startTelegram serves the simulator of Telegram and links the demo's bot and its group, at
// the first start.
func (a *app) startTelegram(ctx context.Context, at site) error {
	sim := newTelegram(demoToken)
	at.serve(sim)
	a.setMessages(at.url, a.baseURL)

	ctx = checkout.WithActor(ctx, "cli:demo")
	_, chats, err := a.notices.Bot(ctx, demoMerchant, checkout.ModeTest)
	if err != nil || len(chats) > 0 {
		return err
	}
	if _, err = a.notices.LinkBot(ctx, demoMerchant, checkout.ModeTest, demoToken); err != nil {
		return err
	}

	code, _, err := a.notices.NewCode(ctx, notices.Code{MerchantID: demoMerchant, Mode: checkout.ModeTest, Locale: "en"})
	if err != nil {
		return err
	}
	_, err = a.notices.LinkChat(ctx, code.Reveal(), notices.Chat{
		MerchantID: demoMerchant, Mode: checkout.ModeTest, ChatID: simulatedGroup, Kind: notices.Group, Title: "Psar Chas till",
	})
	return err
}

func telegramHint(at site) string {
	return fmt.Sprintf("Read the notices in the shop's Telegram group: %s/chats/%d", at.url, simulatedGroup)
}
