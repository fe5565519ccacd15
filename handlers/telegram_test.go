package handlers_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"rieltime/checkout"
	"rieltime/handlers"
)

// TestTelegramsUpdatesReachTheBots covers what is sent to a bot's webhook.
func TestTelegramsUpdatesReachTheBots(t *testing.T) {
	t.Parallel()
	var got []string
	h := newHarness(t, func(c *handlers.Config) {
		c.TelegramUpdate = func(_ context.Context, botID, secret string, body []byte) error {
			switch secret {
			case "":
				return checkout.ErrCallbackRefused
			case "down":
				return errors.New("the database is down")
			}
			got = append(got, botID+" "+secret+" "+string(body))
			return nil
		}
	})
	const path, header = "/callbacks/telegram/4200", "X-Telegram-Bot-Api-Secret-Token"
	for _, sent := range []struct {
		secret, body string
		status       int
	}{
		{"s3cret", `{"update_id":1}`, http.StatusOK},
		{"", `{"update_id":1}`, http.StatusBadRequest},
		{"down", `{"update_id":1}`, http.StatusInternalServerError},
		{"s3cret", strings.Repeat("x", 1<<20), http.StatusRequestEntityTooLarge},
	} {
		answer := h.send(http.MethodPost, path, sent.body, header, sent.secret)
		if answer.Code != sent.status || strings.Contains(answer.Body.String(), "database") {
			t.Errorf("%q, %d bytes: %d %s", sent.secret, len(sent.body), answer.Code, answer.Body)
		}
	}
	if len(got) != 1 || got[0] != `4200 s3cret {"update_id":1}` {
		t.Errorf("handled %q", got)
	}
	if answer := h.send(http.MethodGet, path, ""); answer.Code < 400 {
		t.Errorf("GET: %d", answer.Code)
	}
}
