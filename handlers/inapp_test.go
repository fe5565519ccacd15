package handlers_test

import "testing"

const onIPhone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "

// TestNamesOfAppsOnlyAddHints: what a buyer can do is the same in every browser,
// those inside apps that nobody has heard of too.
func TestNamesOfAppsOnlyAddHints(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session := h.open()
	h.pay(session, "khqr")
	for name, browser := range map[string]struct {
		agent string
		hint  bool
		leave bool // a link takes the page to the device's own browser
	}{
		"TikTok, iPhone":             {onIPhone + "Mobile/15E148 Safari/604.1 musical_ly_40.0.0", true, false},
		"TikTok for Asia, iPhone":    {onIPhone + "Mobile/15E148 Safari/604.1 trill_40.0.0 BytedanceWebview/0a0a0a0", true, false},
		"TikTok, Android without wv": {"Mozilla/5.0 (Linux; Android 14; Phone Build/X; ) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/126.0.0.0 Mobile Safari/537.36 musical_ly_2024000000 JsSdk/1.0 BytedanceWebview/0a0a0a0", true, true},
		"Telegram, Android":          {"Mozilla/5.0 (Linux; Android 14; SM-A155F; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/138.0.0.0 Mobile Safari/537.36 Telegram-Android/11.2", true, true},
		"an unknown app, iPhone":     {onIPhone + "Mobile/15E148", true, false},
		"an unknown app, Android":    {"Mozilla/5.0 (Linux; Android 14; Phone; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/126.0.0.0 Mobile Safari/537.36", true, true},
		"an app that hides, Android": {"Mozilla/5.0 (Linux; Android 14; Phone) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36", false, false},
		"Safari, iPhone":             {onIPhone + "Version/18.1 Mobile/15E148 Safari/604.1", false, false},
		"Chrome, iPhone":             {onIPhone + "CriOS/131.0.0.0 Mobile/15E148 Safari/604.1", false, false},
		"Firefox, computer":          {"Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0", false, false},
		"nothing said":               {"", false, false},
	} {
		doc := wantState(t, h.get("/c/"+session, "User-Agent", browser.agent), "qr_waiting")
		for _, needed := range []string{".card[data-png^='/c/']", "a[download][href^='/c/']", "details[data-copy^='000201'] .text", "details[data-copy$='" + session + "'] .text"} {
			if doc.Find(needed).Length() != 1 {
				t.Errorf("%s: no %s", name, needed)
			}
		}

		if hint := doc.Find("[data-in-app]").Length() > 0; hint != browser.hint {
			t.Errorf("%s: hint %t", name, hint)
		}

		if leave := doc.Find("a[href^='intent://'][href*='"+session+"']").Length() > 0; leave != browser.leave {
			t.Errorf("%s: link to the own browser %t", name, leave)
		}
	}
}
