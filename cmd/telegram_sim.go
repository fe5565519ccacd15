package cmd

import (
	"context"
	"fmt"
	"io"
	"time"

	"rieltime/internal/telegram/telegramsim"
)

// telegramSimCommand runs the simulator of Telegram for a checkout in another process.
type telegramSimCommand struct {
	Listen string `help:"Listen address." default:"127.0.0.1:8086"`
	Token  string `help:"Token of the bot that the simulator knows." default:"4200:simulated-token-simulated-token-simulated"`
}

func (c *telegramSimCommand) Run(ctx context.Context, stdout io.Writer) error {
	sites, _, err := openSites([][2]string{{"telegram", c.Listen}})
	if err != nil {
		return err
	}

	sites["telegram"].serve(newTelegram(c.Token))
	fmt.Fprintf(stdout, "telegram  %s\n\nThe bot's token is %s\nServe the checkout with --telegram-api %s\n", sites["telegram"].url, c.Token, sites["telegram"].url)
	<-ctx.Done()
	return nil
}

// The chats of the simulator.
const (
	simulatedGroup  = -1001
	simulatedPerson = 1001
)

// newTelegram returns Telegram with a bot, a person and a group.
func newTelegram(token string) *telegramsim.Sim {
	sim := telegramsim.New(time.Now)
	sim.AddBot(token, "psarchas_bot")
	sim.AddChat(simulatedGroup, "Psar Chas till", "Sokha")
	sim.AddChat(simulatedPerson, "Sokha", "Sokha")
	return sim
}
