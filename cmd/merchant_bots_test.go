package cmd

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/internal/telegram/telegramsim"
)

// TestBotsAreAppliedAndExported takes a bot from a file and back: its token is written only
// sealed, and a file without it keeps the bot.
func TestBotsAreAppliedAndExported(t *testing.T) {
	t.Parallel()
	const token = "4200:AAtokenAAtokenAAtokenAAtokenAAtok"
	sim := telegramsim.New(time.Now)
	sim.AddBot(token, "coffee_bot")
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	a := openApp(t)
	a.setMessages(server.URL, a.baseURL)

	file := documentedFile(t)
	with := func(bot string) string {
		return strings.Replace(file, "\nlive:\n", "\nlive:\n  telegram: "+bot+"\n", 1)
	}
	for bot, want := range map[string]string{
		`{webhook: true}`:                     "Link a bot first",
		`{token: nonsense, webhook: false}`:   "no bot's token",
		`{token: "4300:` + token[5:] + `"}`:   "does not know this token",
		`{token: "` + token + `", colour: 1}`: "colour",
	} {
		if _, err := a.applyMerchant(t.Context(), []byte(with(bot))); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), token) {
			t.Errorf("%s: %v", bot, err)
		}
	}

	wantBot := func(step string, webhook bool) {
		t.Helper()
		bot, err := a.store.Bot(t.Context(), "coffee", checkout.ModeLive)
		if err != nil || bot.Username != "coffee_bot" || bot.Token.Reveal() != token || bot.Webhook != webhook {
			t.Errorf("%s: %s, webhook %t, %v", step, bot.Username, bot.Webhook, err)
		}
	}
	apply := func(text []byte) {
		t.Helper()
		if _, err := a.applyMerchant(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	apply([]byte(with(`{token: "` + token + `", webhook: true}`)))
	wantBot("applied", true)
	apply([]byte(file))
	wantBot("a file without it", true)

	for _, secrets := range []string{"sealed", "none", "plain"} {
		text, err := exportMerchant(t.Context(), a.store, "coffee", secrets)
		if err != nil || !strings.Contains(string(text), "webhook: true") || strings.Contains(string(text), token) != (secrets == "plain") {
			t.Errorf("%s: %v\n%s", secrets, err, text)
		}
		if secrets != "none" { // whose providers lack theirs
			apply(text)
			wantBot(secrets, true)
		}
	}
	apply([]byte(with(`{webhook: false}`)))
	wantBot("fetched", false)
}
