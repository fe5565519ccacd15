package cmd

import (
	"context"
	"errors"
	"fmt"

	"rieltime/checkout"
	"rieltime/checkout/notices"
	"rieltime/db"
)

// ofMode is one mode of a merchant's file.
type ofMode struct {
	mode checkout.Mode
	spec *checkout.ModeSpec // nil: the file has nothing in this mode
}

func modesOf(spec checkout.MerchantSpec) []ofMode {
	return []ofMode{{checkout.ModeTest, spec.Test}, {checkout.ModeLive, spec.Live}}
}

// addBots adds the bots that are linked to a merchant's file.
func addBots(ctx context.Context, store *db.Store, spec checkout.MerchantSpec) error {
	for _, of := range modesOf(spec) {
		if of.spec == nil {
			continue
		}
		bot, err := store.Bot(ctx, spec.ID, of.mode)
		switch {
		case err == nil:
			of.spec.Telegram = &checkout.TelegramSpec{Token: bot.Token.Reveal(), Webhook: bot.Webhook}
		case !errors.Is(err, checkout.ErrNotFound):
			return err
		}
	}
	return nil
}

// applyBots links the bots of a merchant's file, if Telegram knows them, and chooses how
// what is written to them comes. A bot that the file does not name stays linked: its chats
// would be lost.
func (a *app) applyBots(ctx context.Context, spec checkout.MerchantSpec) error {
	for _, of := range modesOf(spec) {
		if of.spec == nil || of.spec.Telegram == nil {
			continue
		}
		if err := a.applyBot(ctx, spec.ID, of.mode, *of.spec.Telegram); err != nil {
			return fmt.Errorf("%s.telegram: %w", of.mode, err)
		}
	}
	return nil
}

func (a *app) applyBot(ctx context.Context, merchantID string, mode checkout.Mode, spec checkout.TelegramSpec) error {
	bot, _, err := a.notices.Bot(ctx, merchantID, mode)
	if err != nil {
		return err
	}

	switch token := checkout.Secret(spec.Token); {
	case spec.Token == "" && bot.ID == 0:
		return notices.ErrNoBot
	case spec.Token != "" && !bot.Token.Equal(spec.Token):
		if _, err := a.notices.LinkBot(ctx, merchantID, mode, token); err != nil {
			return err
		}
	}
	if bot.Webhook == spec.Webhook {
		return nil
	}
	return a.notices.UseWebhook(ctx, merchantID, mode, spec.Webhook)
}
