package dashboard_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rieltime/checkout/users"
)

const (
	displayPath        = "/dashboard/display"
	displaySettingPath = counterPath + "/display"
)

// displayCode has a cashier make a code.
func (b *browser) displayCode() string {
	b.h.T.Helper()
	return document(b.h.T, b.post(displaySettingPath)).Find(".short-number").Text()
}

// pair pairs a new browser by a code.
func (h *harness) pair(code string) *browser {
	h.T.Helper()
	screen := &browser{h: h}
	w := screen.post(displayPath, "code", code)
	wantRedirect(h.T, w, displayPath)
	screen.cookie = w.Result().Cookies()[0]
	return screen
}

// shown is the state of a second screen; empty where it asks for a code.
func (b *browser) shown() string {
	b.h.T.Helper()
	state, _ := b.page(displayPath).Find("#display").Attr("data-state")
	return state
}

func TestSecondScreenShowsTheCodeOfItsCashierOnly(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(users.RoleCashier)
	other := h.signIn(h.createUser("second@klaing.example", map[string]users.Role{"klaing": users.RoleCashier}))
	screen := h.pair(strings.ToUpper(b.displayCode()))
	if got := screen.shown(); got != "idle" {
		t.Errorf("before a sale it shows %q", got)
	}

	other.sell("9", "USD")
	if got := screen.shown(); got != "idle" {
		t.Errorf("another cashier's sale: %q", got)
	}
	path := b.sell("5.50", "USD")
	doc := screen.page(displayPath)
	wantTexts(t, doc, "#display .asked", "$5.50")
	if text := doc.Find("body").Text(); screen.shown() != "code" || strings.Contains(text, "iced coffee") || doc.Find("#display a, #display form").Length() != 0 {
		t.Errorf("it shows %q", text)
	}
	poll, _ := doc.Find("#display").Attr("hx-get")
	if w := screen.get(poll); w.Code != http.StatusNoContent {
		t.Errorf("nothing has changed: %d", w.Code)
	}

	h.provePaid(h.sold(path), nil)
	if state, _ := document(t, screen.get(poll)).Find("#display").Attr("data-state"); state != "paid" {
		t.Errorf("after the payment its poll has %q", state)
	}
	h.Pass(2 * time.Minute)
	if got := screen.shown(); got != "idle" {
		t.Errorf("later it shows %q", got)
	}
	for _, target := range []string{counterPath, path, displaySettingPath, "/dashboard"} {
		if w := screen.get(target); w.Code != http.StatusSeeOther {
			t.Errorf("the screen gets %s: %d", target, w.Code)
		}
	}
}

func TestCodeOfASecondScreenWorksOnce(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(users.RoleCashier)
	refused := func(code string) bool {
		w := (&browser{h: h}).post(displayPath, "code", code)
		return w.Code == http.StatusUnprocessableEntity && len(w.Result().Cookies()) == 0
	}
	code := b.displayCode()
	h.pair(code)
	for _, wrong := range []string{code, "", "abcd-2345", strings.Repeat("x", 10_000)} {
		if !refused(wrong) {
			t.Errorf("%.20q pairs a screen", wrong)
		}
	}

	late := b.displayCode()
	h.Pass(users.DisplayCodeLife)
	if !refused(late) {
		t.Error("a code of ten minutes ago pairs a screen")
	}
	replaced := b.displayCode()
	last := b.displayCode()
	if !refused(replaced) {
		t.Error("a code that was replaced pairs a screen")
	}

	codes := make(chan int, 4)
	for range cap(codes) {
		go func() { codes <- (&browser{h: h}).post(displayPath, "code", last).Code }()
	}
	paired := 0
	for range cap(codes) {
		if <-codes == http.StatusSeeOther {
			paired++
		}
	}
	if paired != 1 {
		t.Errorf("one code paired %d screens", paired)
	}
}

func TestSecondScreenEnds(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(h *harness, b *browser){
		"unpaired": func(h *harness, b *browser) {
			wantRedirect(h.T, b.post(displaySettingPath+"/unpair"), displaySettingPath)
		},
		"another is paired": func(h *harness, b *browser) { h.pair(b.displayCode()) },
		"signed out":        func(h *harness, b *browser) { b.post("/dashboard/sign-out") },
		"its time is over":  func(h *harness, _ *browser) { h.Pass(users.DisplayLife) },
		"another role": func(h *harness, _ *browser) {
			if err := h.users.SetRole(h.T.Context(), "klaing", h.members[users.RoleCashier].ID, users.RoleDeveloper); err != nil {
				h.T.Error(err)
			}
		},
		"no role": func(h *harness, _ *browser) {
			if err := h.users.RemoveMember(h.T.Context(), "klaing", h.members[users.RoleCashier].ID, false); err != nil {
				h.T.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			b := h.as(users.RoleCashier)
			screen := h.pair(b.displayCode())
			b.sell("5", "USD")
			if got := screen.shown(); got != "code" {
				t.Fatalf("it shows %q", got)
			}

			end(h, b)
			if doc := screen.page(displayPath); doc.Find("#code").Length() != 1 || doc.Find(".asked").Length() != 0 {
				t.Errorf("it shows %q", doc.Find("main").Text())
			}
			r := httptest.NewRequest(http.MethodGet, "https://pay.example"+displayPath+"/live", nil)
			r.Header.Set("HX-Request", "true")
			if w := screen.send(r); w.Header().Get("HX-Redirect") != displayPath {
				t.Errorf("its poll: %d %s", w.Code, w.Body)
			}
		})
	}
}

func TestShortAddressOfASecondScreenPairsIt(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(users.RoleCashier)
	doc := document(t, b.post(displaySettingPath))
	code := doc.Find(".short-number").Text()
	if text := doc.Find("main").Text(); !strings.Contains(text, "/counter/display") || strings.Contains(text, displayPath) {
		t.Errorf("the cashier is told %q", text)
	}

	screen := &browser{h: h}
	w := screen.get("/counter/display?code=" + code)
	wantRedirect(t, w, displayPath+"?code="+code)
	if got := screen.page(w.Header().Get("Location")).Find("[name=code]").AttrOr("value", ""); got != code {
		t.Errorf("the form has the code %q", got)
	}
	if got := h.pair(code).shown(); got != "idle" {
		t.Errorf("after pairing it shows %q", got)
	}
}
