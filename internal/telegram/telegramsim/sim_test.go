package telegramsim_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rieltime/internal/telegram"
	"rieltime/internal/telegram/telegramsim"
)

const token = "4200:AAtokenAAtokenAAtokenAAtokenAAtok"

func wantCode(t *testing.T, err error, code int) *telegram.Error {
	t.Helper()
	refusal, ok := telegram.Refusal(err)
	if !ok || refusal.Code != code {
		t.Fatalf("got %v, want %d", err, code)
	}
	return refusal
}

func start(t *testing.T, now func() time.Time) (*telegramsim.Sim, *telegram.API, string) {
	t.Helper()
	sim := telegramsim.New(now)
	sim.AddBot(token, "klaing_bot")
	sim.AddChat(-100, "Till", "Dara")
	sim.AddChat(7, "Dara", "Dara")
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	return sim, telegram.NewAPI(server.URL), server.URL
}

func TestLimitsAreKept(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	_, api, _ := start(t, func() time.Time { return now })
	bot := api.Bot(token)
	send := func(chat int64) error {
		_, err := bot.Send(t.Context(), telegram.Text{ChatID: chat, Text: "x"})
		return err
	}

	for i := range telegramsim.PerSecond {
		if err := send(7); err != nil {
			t.Fatalf("message %d: %v", i, err)
		}
	}
	wantCode(t, send(7), http.StatusTooManyRequests)

	now = now.Add(time.Minute)
	for i := range telegramsim.PerGroupMinute {
		if err := send(-100); err != nil {
			t.Fatalf("message %d: %v", i, err)
		}
	}
	refusal := wantCode(t, send(-100), http.StatusTooManyRequests)
	now = now.Add(refusal.RetryAfter)
	if err := send(-100); err != nil {
		t.Error(err)
	}
}

func TestWrongCallsAreRefused(t *testing.T) {
	t.Parallel()
	sim, api, address := start(t, time.Now)
	bot := api.Bot(token)
	send := func(bot telegram.Bot, chat int64, text string) error {
		_, err := bot.Send(t.Context(), telegram.Text{ChatID: chat, Text: text})
		return err
	}

	wantCode(t, send(api.Bot("9:none"), 7, "x"), http.StatusUnauthorized)
	wantCode(t, send(bot, 8, "x"), http.StatusBadRequest)
	wantCode(t, send(bot, 7, " "), http.StatusBadRequest)
	wantCode(t, send(bot, 7, strings.Repeat("x", telegram.MaxText+1)), http.StatusBadRequest)
	if err := send(bot, 7, strings.Repeat("x", telegram.MaxText)); err != nil {
		t.Error(err)
	}
	sim.Kick(-100, true)
	wantCode(t, send(bot, -100, "x"), http.StatusForbidden)
	wantCode(t, bot.SetWebhook(t.Context(), "http://shop.example/hook", "secret"), http.StatusBadRequest)

	for method, body := range map[string]string{"sendMessage": `{"chat_id":7,"text":"x","colour":"red"}`, "sendNothing": `{}`} {
		response, err := http.Post(address+"/bot"+token+"/"+method, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode < 400 {
			t.Errorf("%s %s: %d", method, body, response.StatusCode)
		}
	}
	if sim.Refused() != 1 {
		t.Errorf("%d forms were refused", sim.Refused())
	}
}

func TestUpdatesArePolledOrPushed(t *testing.T) {
	t.Parallel()
	sim, api, _ := start(t, time.Now)
	bot := api.Bot(token)
	sim.Say(7, 7, "hello")
	updates, err := bot.Updates(t.Context(), 0, 0)
	if err != nil || len(updates) != 1 || updates[0].Message.Text != "hello" || updates[0].Message.From.ID != 7 {
		t.Fatalf("%+v, %v", updates, err)
	}
	if left, err := bot.Updates(t.Context(), updates[0].ID+1, 0); err != nil || len(left) > 0 {
		t.Errorf("%+v, %v", left, err)
	}

	pushed := make(chan string, 1)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		pushed <- r.Header.Get("X-Telegram-Bot-Api-Secret-Token")
	}))
	defer hook.Close()
	if err := bot.SetWebhook(t.Context(), hook.URL, "secret"); err != nil {
		t.Fatal(err)
	}
	_, err = bot.Updates(t.Context(), 0, 0)
	wantCode(t, err, http.StatusConflict)
	sim.Say(7, 7, "hello again")
	if secret := <-pushed; secret != "secret" {
		t.Errorf("pushed with %q", secret)
	}
	if err := bot.DeleteWebhook(t.Context()); err != nil {
		t.Fatal(err)
	}
}
