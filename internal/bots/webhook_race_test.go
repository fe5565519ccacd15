package bots_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"rieltime/checkout"
	"rieltime/internal/telegram"
)

// beforeSetWebhook has something happen while a replica is about to set a webhook. The
// channel is closed when Telegram has set it.
func (h *harness) beforeSetWebhook(happens func()) <-chan struct{} {
	h.T.Helper()
	set := make(chan struct{})
	var once sync.Once
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/setWebhook") {
			h.sim.ServeHTTP(w, r)
			return
		}
		once.Do(func() {
			happens()
			h.sim.ServeHTTP(w, r)
			close(set)
		})
	}))
	h.T.Cleanup(server.Close)
	h.api = telegram.NewAPI(server.URL)
	return set
}

// TestBotThatIsReplacedWhileItsWebhookIsCheckedHasNone: the process that replaces, unlinks or
// switches a bot ends its webhook, and another one that was about to set it notices.
func TestBotThatIsReplacedWhileItsWebhookIsCheckedHasNone(t *testing.T) {
	t.Parallel()
	const another = "4500:CCtokenCCtokenCCtokenCCtokenCCtok"
	for name, change := range map[string]func(h *harness) error{
		"replaced": func(h *harness) error {
			_, err := h.notices.LinkBot(h.T.Context(), "klaing", checkout.ModeTest, another)
			return err
		},
		"unlinked": func(h *harness) error { return h.notices.UnlinkBot(h.T.Context(), "klaing", checkout.ModeTest) },
		"fetched": func(h *harness) error {
			return h.notices.UseWebhook(h.T.Context(), "klaing", checkout.ModeTest, false)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			h.sim.AddBot(another, "klaing_new_bot")
			h.useWebhook(true)
			set := h.beforeSetWebhook(func() {
				if err := change(h); err != nil {
					t.Error(err)
				}
			})
			newHook(t, h)

			<-set
			eventually(t, "the end of the webhook", func() bool { return h.webhookOf(token) == "" })
			bot, err := h.Store.Bot(t.Context(), "klaing", checkout.ModeTest)
			if name != "unlinked" && (err != nil || bot.Problem != "") {
				t.Errorf("the bot that is linked has the problem %q, %v", bot.Problem, err)
			}
		})
	}
}

// TestProblemOfAFetchedBotEnds: a bot with no chat that is notified works again when its
// updates can be fetched again.
func TestProblemOfAFetchedBotEnds(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.sim.RemoveBot(token)
	poll := h.startPolling()
	eventually(t, "the problem", func() bool { return h.bot().Problem != "" })
	poll()

	h.sim.AddBot(token, "klaing_bot")
	h.startPolling()
	h.sim.Say(person, person, "/start") // else Telegram keeps the question waiting
	eventually(t, "the end of the problem", func() bool { return h.bot().Problem == "" })
}
