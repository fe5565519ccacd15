package bots_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/internal/bots"
)

// delivery is what Telegram sent to a webhook.
type delivery struct{ bot, secret, body string }

// hook is the address of webhooks, which hands what it is sent to the bots.
type hook struct {
	mu         sync.Mutex
	deliveries []delivery
	bots       *bots.Bots
}

func (k *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	one := delivery{strings.TrimPrefix(r.URL.Path, "/"), r.Header.Get("X-Telegram-Bot-Api-Secret-Token"), string(body)}
	k.mu.Lock()
	k.deliveries = append(k.deliveries, one)
	k.mu.Unlock()
	if err != nil || k.bots.Receive(r.Context(), one.bot, one.secret, body) != nil {
		w.WriteHeader(http.StatusBadRequest)
	}
}

func (k *hook) last() delivery {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.deliveries) == 0 {
		return delivery{}
	}
	return k.deliveries[len(k.deliveries)-1]
}

// sentTo returns the last delivery to a bot.
func (k *hook) sentTo(bot string) (last delivery) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, one := range k.deliveries {
		if one.bot == bot {
			last = one
		}
	}
	return last
}

// newHook serves the webhooks of klaing's bots and runs them until the test ends.
func newHook(t *testing.T, h *harness) *hook {
	t.Helper()
	k := &hook{}
	server := httptest.NewServer(k)
	h.webhook = server.URL + "/"
	h.bots = h.newBots(h.Store)
	k.bots = h.bots

	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { h.bots.Run(ctx); close(done) }()
	t.Cleanup(func() {
		stop()
		<-done
		if err := h.api.Bot(token).DeleteWebhook(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
		server.Close()
	})
	return k
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(40 * time.Second); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not come", what)
		}
	}
}

func (h *harness) useWebhook(webhook bool) {
	h.T.Helper()
	if err := h.notices.UseWebhook(checkout.WithActor(h.T.Context(), "user:usr_owner"), "klaing", checkout.ModeTest, webhook); err != nil {
		h.T.Fatal(err)
	}
}

// startWebhook has klaing's bot sent its updates, and waits until Telegram does so.
func (h *harness) startWebhook() {
	h.T.Helper()
	h.useWebhook(true)
	eventually(h.T, "the webhook", func() bool { return h.webhookOf(token) == h.webhook+"4200" })
}

// webhookOf returns where Telegram sends a bot's updates; empty: nowhere.
func (h *harness) webhookOf(token string) string {
	h.T.Helper()
	info, err := h.api.Bot(token).Webhook(h.T.Context())
	if err != nil {
		h.T.Fatal(err)
	}
	return info.URL
}

// TestBotIsFetchedFromOrSentTo switches a bot to a webhook and back: no message is lost, and
// none is handled twice.
func TestBotIsFetchedFromOrSentTo(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	k := newHook(t, h)
	answered := func(code string) func() bool {
		h.sim.Say(group, person, "/start "+code)
		return func() bool { return strings.Contains(h.last(group), "Coffee Klaing") }
	}
	eventually(t, "the answer to a fetched message", answered(h.code(false)))

	h.startWebhook()
	eventually(t, "the answer to a message that was sent", answered(h.code(false)))
	if k.last().bot != "4200" {
		t.Errorf("the message was not sent: %+v", k.last())
	}

	h.useWebhook(false)
	sent := k.last()
	eventually(t, "the answer to a message that was fetched again", answered(h.code(false)))
	if k.last() != sent && k.bots.Receive(t.Context(), sent.bot, sent.secret, []byte(sent.body)) == nil {
		t.Error("updates are still taken from the webhook")
	}
	if n := len(h.sim.Messages(group)); n != 6 {
		t.Errorf("%d messages, want three and their answers", n)
	}
}

// TestWebhookTakesOnlyTheUpdatesOfItsBot covers forged, misdirected and repeated deliveries.
func TestWebhookTakesOnlyTheUpdatesOfItsBot(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.ApplyFile(`{"id":"krama","name":"Krama House","return_hosts":["shop.example"],"test":{"providers":{"bank":{}}}}`)
	const theirs = "4300:BBtokenBBtokenBBtokenBBtokenBBtok"
	h.sim.AddBot(theirs, "krama_bot")
	if _, err := h.notices.LinkBot(t.Context(), "krama", checkout.ModeTest, theirs); err != nil {
		t.Fatal(err)
	}
	if err := h.notices.UseWebhook(t.Context(), "krama", checkout.ModeTest, true); err != nil {
		t.Fatal(err)
	}
	k := newHook(t, h)
	h.startWebhook()

	answers := func() (count int) { // of this bot: the other one is in the group too
		for _, message := range h.sim.Messages(group) {
			if message.From == "klaing_bot" {
				count++
			}
		}
		return count
	}
	h.sim.Say(group, person, "/start "+h.code(false))
	eventually(t, "the answer", func() bool { return answers() == 1 })
	ours := k.sentTo("4200")

	for name, wrong := range map[string]delivery{
		"no secret":                       {ours.bot, "", ours.body},
		"another secret":                  {ours.bot, strings.Repeat("a", len(ours.secret)), ours.body},
		"the secret of another bot":       {"4300", ours.secret, ours.body},
		"a bot that nobody has":           {"4400", ours.secret, ours.body},
		"no bot":                          {"", ours.secret, ours.body},
		"a body that is no update":        {ours.bot, ours.secret, "[1]"},
		"a bot's number with other zeros": {"04200", "", ours.body},
	} {
		if err := h.bots.Receive(t.Context(), wrong.bot, wrong.secret, []byte(wrong.body)); !checkout.ErrCallbackRefused.Is(err) {
			t.Errorf("%s: %v", name, err)
		}
	}

	// Telegram repeats what was not answered in time, here at once and to two replicas.
	other := h.newBots(h.Store)
	var all sync.WaitGroup
	for _, replica := range []*bots.Bots{h.bots, other, h.bots, other} {
		all.Go(func() {
			if err := replica.Receive(t.Context(), ours.bot, ours.secret, []byte(ours.body)); err != nil {
				t.Errorf("a repeated update: %v", err)
			}
		})
	}
	all.Wait()
	if n := answers(); n != 1 {
		t.Errorf("%d answers after repeated updates, want 1", n)
	}
}

// TestReplacedBotHasNoWebhook links another bot in place of one that has a webhook.
func TestReplacedBotHasNoWebhook(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	newHook(t, h)
	h.startWebhook()

	const another = "4500:CCtokenCCtokenCCtokenCCtokenCCtok"
	h.sim.AddBot(another, "klaing_new_bot")
	if _, err := h.notices.LinkBot(t.Context(), "klaing", checkout.ModeTest, another); err != nil {
		t.Fatal(err)
	}
	if left := h.webhookOf(token); left != "" {
		t.Errorf("the replaced bot still sends to %s", left)
	}
}

// TestUpdatesOfAWebhookComeInAnyOrder has a lower number come after a higher one, to two
// replicas at once.
func TestUpdatesOfAWebhookComeInAnyOrder(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	k := newHook(t, h)
	h.startWebhook()
	h.sim.Say(group, person, "/start "+h.code(false))
	eventually(t, "the answer", func() bool { return strings.Contains(h.last(group), "Coffee Klaing") })
	ours := k.last()
	before := len(h.sim.Messages(group))

	other := h.newBots(h.Store)
	var all sync.WaitGroup
	for _, id := range []string{"900", "899", "900", "898"} {
		body := `{"update_id":` + id + `,"message":{"message_id":1,"date":1,"chat":{"id":-100,"type":"supergroup","title":"Till"},"text":"/today"}}`
		for _, replica := range []*bots.Bots{h.bots, other} {
			all.Go(func() {
				if err := replica.Receive(t.Context(), ours.bot, ours.secret, []byte(body)); err != nil {
					t.Error(err)
				}
			})
		}
	}
	all.Wait()
	if n := len(h.sim.Messages(group)); n != before+3 {
		t.Errorf("%d answers to three updates", n-before)
	}
}
