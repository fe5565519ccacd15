package telegram_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rieltime/internal/telegram"
)

const token = "4200:AAtokenAAtokenAAtokenAAtokenAAtok"

// answering is the bot of a server that answers one text.
func answering(t *testing.T, status int, header http.Header, text string) telegram.Bot {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for name := range header {
			w.Header().Set(name, header.Get(name))
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(text)) // what is lost shows in the client's error
	}))
	t.Cleanup(server.Close)
	return telegram.NewAPI(server.URL).Bot(token)
}

func TestRefusalsAreRead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]telegram.Error{
		`{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 35","parameters":{"retry_after":35}}`: {Code: 429, RetryAfter: 35 * time.Second},
		`{"ok":false,"error_code":400,"description":"Bad Request","parameters":{"migrate_to_chat_id":-1007}}`:             {Code: 400, MigratedTo: -1007},
		`{"ok":false,"error_code":403,"description":"Forbidden: bot was kicked from the group chat"}`:                     {Code: 403},
		`<html>`: {Code: 502},
	} {
		_, err := answering(t, 502, nil, text).Send(t.Context(), telegram.Text{ChatID: 1, Text: "x"})
		got, ok := telegram.Refusal(err)
		if !ok || got.Code != want.Code || got.RetryAfter != want.RetryAfter || got.MigratedTo != want.MigratedTo {
			t.Errorf("%s: %+v", text, err)
		}
	}

	if _, err := answering(t, 200, nil, `{"ok":true,"result":{"id":1,"is_bot":false}}`).Me(t.Context()); err == nil {
		t.Error("a person is taken for a bot")
	}
}

func TestTokenIsInNoError(t *testing.T) {
	t.Parallel()
	var reached bool
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer other.Close()

	for name, bot := range map[string]telegram.Bot{
		"no server":   telegram.NewAPI("http://127.0.0.1:1").Bot(token),
		"no address":  telegram.NewAPI("http://[").Bot(token),
		"no protocol": telegram.NewAPI("none://127.0.0.1").Bot(token),
		"a redirect":  answering(t, 307, http.Header{"Location": {other.URL}}, ""),
		"nonsense":    answering(t, 200, nil, `{"ok":true,"result":[]}`),
	} {
		_, err := bot.Me(t.Context())
		if err == nil || strings.Contains(err.Error(), token) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if reached {
		t.Error("the token was sent to another server")
	}
}
