package dashboard_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"rieltime/checkout"
	"rieltime/checkout/notices"
	"rieltime/checkout/users"
)

const (
	noticesPath = "/dashboard/test/klaing/notices"
	botToken    = "4200:AAtokenAAtokenAAtokenAAtokenAAtok"
)

// knownBots are the bots that Telegram knows, by their tokens.
type knownBots map[checkout.Secret]int64

func (k knownBots) Me(_ context.Context, token checkout.Secret) (id int64, username string, err error) {
	id, known := k[token]
	if !known {
		return 0, "", notices.ErrBotWrong
	}
	return id, "klaing_bot", nil
}

func (k knownBots) EndWebhook(context.Context, checkout.Secret) error { return nil }

// linkChat links a chat by the code that a page shows.
func (h *harness) linkChat(b *browser, chatID int64, fields ...string) notices.Chat {
	h.T.Helper()
	shown, _ := document(h.T, b.post(noticesPath+"/chats", fields...)).Find("input[readonly]").Attr("value")
	code, _ := strings.CutPrefix(shown, "/start ")
	chat, err := notices.NewService(h.Store, h.telegram, h.Clock).LinkChat(h.T.Context(), code,
		notices.Chat{MerchantID: "klaing", Mode: checkout.ModeTest, ChatID: chatID, Kind: notices.Group, Title: "<b>Till</b>"})
	if err != nil {
		h.T.Fatalf("%q: %v", shown, err)
	}
	return chat
}

func TestBotAndChatsAreLinkedAndUnlinked(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.telegram[botToken] = 4200
	b := h.as(users.RoleOwner)
	for _, wrong := range []string{"", "nonsense", "9:" + strings.Repeat("x", 35)} {
		w := b.post(noticesPath+"/bot", "token", wrong)
		if w.Code != http.StatusUnprocessableEntity || document(t, w).Find("#token-problem").Text() == "" || wrong != "" && strings.Contains(w.Body.String(), wrong) {
			t.Errorf("token %q: %d", wrong, w.Code)
		}
	}

	wantRedirect(t, b.post(noticesPath+"/bot", "token", botToken), noticesPath+"?done=bot_linked")
	if w := b.get(noticesPath + "?done=bot_linked"); !strings.Contains(w.Body.String(), "@klaing_bot") || strings.Contains(w.Body.String(), botToken) {
		t.Error("the page does not show the bot, or shows its token")
	}
	h.wantActor("telegram_bot.link", "klaing", users.RoleOwner)

	for _, webhook := range []string{"yes", "no"} {
		wantRedirect(t, b.post(noticesPath+"/bot/updates", "webhook", webhook), noticesPath+"?done=updates_chosen")
		if bot, err := h.Store.Bot(t.Context(), "klaing", checkout.ModeTest); err != nil || bot.Webhook != (webhook == "yes") {
			t.Errorf("webhook %s: %v, %v", webhook, bot.Webhook, err)
		}
		other := map[string]string{"yes": "no", "no": "yes"}[webhook]
		if n := document(t, b.get(noticesPath)).Find(`button[name=webhook][value=` + other + `]`).Length(); n != 1 {
			t.Errorf("webhook %s: %d buttons to change it", webhook, n)
		}
	}
	h.wantActor("telegram_bot.webhook", "klaing", users.RoleOwner)

	chat := h.linkChat(b, -5, "language", "km", "details", "yes")
	if chat.Locale != "km" || !chat.Details {
		t.Errorf("linked %+v", chat)
	}
	if page := b.get(noticesPath).Body.String(); !strings.Contains(page, "&lt;b&gt;Till") || strings.Contains(page, "<b>Till") {
		t.Error("the page does not show the chat's name as text")
	}
	h.wantActor("telegram_chat.link", chat.ID, users.RoleOwner)

	wantRedirect(t, b.post(noticesPath+"/chats/"+chat.ID+"/unlink"), noticesPath+"?done=chat_unlinked")
	h.wantActor("telegram_chat.unlink", chat.ID, users.RoleOwner)
	wantRedirect(t, b.post(noticesPath+"/bot/unlink"), noticesPath+"?done=bot_unlinked")
	if w := b.post(noticesPath + "/chats"); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("a code without a bot: %d", w.Code)
	}
}

func TestChatsOfOthersAreUnknown(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.telegram[botToken] = 4200
	b := h.as(users.RoleOwner)
	b.post(noticesPath+"/bot", "token", botToken)
	chat := h.linkChat(b, -5)

	krama := h.signIn(h.createUser("owner@krama.example", map[string]users.Role{"krama": users.RoleOwner}))
	for name, code := range map[string]int{
		"of another merchant": krama.post("/dashboard/test/krama/notices/chats/" + chat.ID + "/unlink").Code,
		"of the other mode":   b.post("/dashboard/live/klaing/notices/chats/" + chat.ID + "/unlink").Code,
		"of nobody":           b.post(noticesPath + "/chats/chat_000000000000000000000000/unlink").Code,
	} {
		if code != http.StatusNotFound {
			t.Errorf("a chat %s: %d", name, code)
		}
	}
	if w := krama.post("/dashboard/test/krama/notices/bot", "token", botToken); w.Code != http.StatusConflict {
		t.Errorf("another merchant's bot: %d", w.Code)
	}
}

func TestBotsNeedARecentProof(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(users.RoleOwner)
	h.Move(users.RecentLife)
	for _, path := range []string{"/bot", "/bot/updates", "/bot/unlink", "/chats"} {
		w := b.post(noticesPath+path, "token", botToken)
		if to := w.Header().Get("Location"); w.Code != http.StatusSeeOther || !strings.HasPrefix(to, "/dashboard/confirm?next=") {
			t.Errorf("%s: %d to %q", path, w.Code, to)
		}
	}
}
