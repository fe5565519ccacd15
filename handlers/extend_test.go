package handlers_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
)

func TestBuyerGetsMoreTime(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session := h.open(`"locale":"en"`)
	before := h.purchase(session)
	for i, from := range []string{"choosing", "qr_waiting", "qr_expired"} {
		switch from {
		case "qr_waiting":
			h.pay(session, "khqr")
		case "qr_expired":
			h.clock.Add(5 * time.Minute)
		}

		doc := wantState(t, h.get("/c/"+session), from)
		if !strings.Contains(doc.Find("noscript").Text(), `action="/c/`+session+`/extend`) {
			t.Errorf("%s: no way to more time without JavaScript", from)
		}

		w := h.submit("/c/" + session + "/extend")
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/c/"+session {
			t.Fatalf("%s: %d to %s", from, w.Code, w.Header().Get("Location"))
		}

		want := before.Session.ExpiresAt.Add(time.Duration(i+1) * checkout.MoreTime)
		public := read[checkout.PublicSession](t, h.call("klaing test", http.MethodGet, sessions+"/"+session, ""))
		if !public.ExpiresAt.Equal(want) {
			t.Errorf("%s: ends at %s, want %s", from, public.ExpiresAt, want)
		}
	}

	if doc := wantState(t, h.get("/c/"+session), "qr_expired"); !strings.Contains(doc.Find("#limit").Text(), "Please pay before 16:00") {
		t.Errorf("the page says %q", doc.Find("#limit").Text())
	}

	h.clock.Add(85 * time.Minute)
	h.pay(session, "khqr")
	if w := h.submit("/c/" + session + "/extend?choose=1"); w.Header().Get("Location") != "/c/"+session+"?choose=1" {
		t.Errorf("from the choice to %s", w.Header().Get("Location"))
	}
}

func TestEndIsAnnouncedBesideAChoice(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session := h.open(`"locale":"en"`)
	ask := wantState(t, h.get("/c/"+session), "choosing").Find("#status").AttrOr("hx-get", "")
	h.clock.Add(27 * time.Minute)
	w := h.get(ask)
	near := html(t, w)
	form := near.Find("#limit[hx-swap-oob=true] form")
	target := form.AttrOr("hx-post", "")
	if near.Find("main").Length() != 0 || !strings.HasPrefix(target, "/c/"+session+"/extend?offers=") || !strings.Contains(target, "shown=en") || near.Find("#limit .notice").Length() != 1 {
		t.Fatalf("near the end: %s", w.Body)
	}

	more := html(t, h.submit(target, "HX-Request", "false"))
	if more.Find("#limit").Length() != 0 {
		t.Error("a plain form gets a fragment")
	}

	w = h.send(http.MethodPost, target, "", "HX-Request", "true", "Sec-Fetch-Site", "same-origin")
	if after := html(t, w); after.Find("main").Length() != 0 || after.Find("#limit .notice").Length() != 0 || !strings.Contains(after.Find("#limit").Text(), "15:30") {
		t.Errorf("after asking twice: %s", w.Body)
	}
}

func TestTimeOfALimitedLinkIsNotExtended(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for limits, want := range map[string]time.Duration{
		`"locale":"en"`: checkout.MoreTime, `"max_uses":3`: 0, `"expires_at":"2126-01-01T00:00:00Z"`: 0,
	} {
		session := openedBy(t, h.submit("/l/"+h.link(`"amount":"5.00"`, limits).ID))
		end := h.purchase(session).Session.ExpiresAt
		h.submit("/c/" + session + "/extend")
		if got := h.purchase(session).Session.ExpiresAt.Sub(end); got != want {
			t.Errorf("%s: %v more, want %v", limits, got, want)
		}

		if offered := html(t, h.get("/c/"+session)).Text(); strings.Contains(offered, "/extend") != (want > 0) {
			t.Errorf("%s: offered %t", limits, want == 0)
		}
	}
}

func TestTimeThatIsOverOrFixedIsNotExtended(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	over := h.open()
	h.submit("/c/" + over + "/cancel")
	if w := h.submit("/c/" + over + "/extend"); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/c/"+over {
		t.Errorf("a canceled session: %d to %s", w.Code, w.Header().Get("Location"))
	}

	w := h.send(http.MethodPost, "/c/"+over+"/extend", "", "HX-Request", "true", "Sec-Fetch-Site", "same-origin")
	if w.Header().Get("HX-Refresh") != "true" || w.Body.Len() != 0 {
		t.Errorf("a canceled session by htmx: %d %v", w.Code, w.Header())
	}

	fixed := h.open(`"locale":"en"`)
	h.asMerchant(checkout.Merchant{Name: "Coffee Klaing", FixedTime: true})
	end := h.purchase(fixed).Session.ExpiresAt
	h.submit("/c/" + fixed + "/extend")
	if got := h.purchase(fixed).Session.ExpiresAt; !got.Equal(end) {
		t.Errorf("a fixed end moved from %s to %s", end, got)
	}

	h.clock.Add(28 * time.Minute)
	doc := wantState(t, h.get("/c/"+fixed), "choosing")
	if doc.Find("form[action$='/extend']").Length() != 0 || !strings.Contains(doc.Find("#limit").Text(), "start again from the shop") {
		t.Errorf("the page says %q", doc.Find("#limit").Text())
	}
}

// A frame of another site gets no cookie, so the page itself must tell its
// language.
func TestMoreTimeIsAnnouncedInThePagesLanguage(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session := h.open(`"locale":"en"`)
	h.clock.Add(28 * time.Minute)
	form := wantState(t, h.get("/c/"+session+"?lang=zh"), "choosing").Find("#limit form")
	w := h.send(http.MethodPost, form.AttrOr("hx-post", ""), "", "HX-Request", "true", "Sec-Fetch-Site", "same-origin")
	if after := html(t, w); !strings.Contains(after.Find("#limit").Text(), "请在") || !strings.Contains(after.Find("#status").AttrOr("hx-get", ""), "lang=zh") {
		t.Errorf("answered %s", w.Body)
	}
}
