package handlers_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// wantLanguage reads a page in a language and wants all its ways on our own host
// to carry that on: no request of these tests has a cookie.
func wantLanguage(t *testing.T, w *httptest.ResponseRecorder, lang string) *goquery.Document {
	t.Helper()
	doc := html(t, w)
	if got := doc.Find("html").AttrOr("lang", ""); got != lang {
		t.Errorf("the page is in %q, want %s; %d", got, lang, w.Code)
	}

	for _, attribute := range []string{"href", "action", "hx-get", "hx-post"} {
		doc.Find("[" + attribute + "]:not(.languages a)").Each(func(_ int, s *goquery.Selection) {
			address := s.AttrOr(attribute, "")
			own := strings.TrimPrefix(address, baseURL)
			for _, page := range []string{"/c/", "/l/", "/r/"} {
				if strings.HasPrefix(own, page) && !strings.Contains(own, "/qr.png") && !strings.Contains(own, "lang="+lang) {
					t.Errorf("%s of <%s> leads to %s without the language", attribute, goquery.NodeName(s), address)
				}
			}
		})
	}

	return doc
}

// follow submits a form of a page by its selector and follows the answer.
func (h *harness) follow(doc *goquery.Document, form string, pairs ...string) *httptest.ResponseRecorder {
	h.t.Helper()
	action := doc.Find(form).First().AttrOr("action", "")
	w := h.submit(action, pairs...)
	if w.Code != http.StatusSeeOther {
		h.t.Fatalf("%s: %d %s", action, w.Code, w.Body)
	}
	return h.get(w.Header().Get("Location"))
}

func TestChosenLanguageSurvivesEveryWayWithoutCookies(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session := h.open(`"locale":"en"`)
	page := wantLanguage(t, h.get("/c/"+session+"?lang=zh"), "zh")

	// To a provider and back, where the address is the provider's to keep.
	page = wantLanguage(t, h.follow(page, "form[action*='/payments']", "method", "baray"), "zh")
	payment := h.purchase(session).Latest()
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		back := h.send(method, "/return/baray/"+payment.ID+"?status=success", "", "Sec-Fetch-Site", "cross-site")
		page = wantLanguage(t, h.get(back.Header().Get("Location")), "zh")
	}

	// Through every action, and a poll that changes the page.
	wantLanguage(t, h.follow(page, "form[action*='/check']"), "zh")
	page = wantLanguage(t, h.get(page.Find("a[href*='choose=1']").AttrOr("href", "")), "zh")
	ask := page.Find("#status").AttrOr("hx-get", "")
	wantLanguage(t, h.follow(page, "form[action*='/payments']", "method", "khqr"), "zh")
	h.prove(*h.purchase(session).Latest(), "t1", 250)
	if changed := html(t, h.get(ask)); !strings.Contains(changed.Find("h1").Text(), "付款成功") {
		t.Errorf("a poll shows %q", changed.Find("h1").Text())
	}

	// To the receipt, whose code is for somebody else.
	page = wantLanguage(t, h.get("/c/"+session), "zh")
	receipt := wantLanguage(t, h.get(strings.TrimPrefix(page.Find("a[href*='/r/']").AttrOr("href", ""), baseURL)), "zh")
	wantLanguage(t, h.get(receipt.Find("a[href*='cashier=1']").AttrOr("href", "")), "zh")

	// A later choice replaces the first.
	other := h.open()
	h.submit("/c/"+other+"/payments?lang=zh", "method", "khqr")
	h.submit("/c/"+other+"/payments?lang=km", "method", "khqr")
	wantLanguage(t, h.get("/c/"+other), "km")
}

func TestChosenLanguageSurvivesAPaymentLinkWithoutCookies(t *testing.T) {
	t.Parallel()
	h := newHarness(t, hurried)
	link := h.link(`"amount":"5.00"`)
	page := wantLanguage(t, h.get("/l/"+link.ID+"?lang=zh"), "zh")
	page = wantLanguage(t, h.follow(page, "form.link-form"), "zh")
	wantLanguage(t, h.follow(page, "form[action*='/cancel']"), "zh")

	page = wantLanguage(t, h.get("/l/"+link.ID+"?lang=km"), "km")
	page = wantLanguage(t, h.follow(page, "form.link-form"), "km")
	page = wantLanguage(t, h.follow(page, "form[action*='/payments']", "method", "khqr"), "km")
	session := strings.TrimPrefix(page.Find("form[action*='/cancel']").AttrOr("action", ""), "/c/")
	session, _, _ = strings.Cut(session, "/")
	w := h.submit("/c/" + session + "/cancel") // the address lost it: the session has it
	if to, _ := url.Parse(w.Header().Get("Location")); to.Query().Get("lang") != "km" {
		t.Errorf("canceled to %s", to)
	}

	wantLanguage(t, h.get("/c/"+session), "km")
}

func TestErrorPagesKeepTheLanguage(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, w := range []*httptest.ResponseRecorder{
		h.get("/c/cs_none?lang=zh"), h.get("/l/link_none?lang=zh"), h.get("/r/none?lang=zh"), h.get("/nothing?lang=zh"),
		h.submit("/c/cs_none/payments?lang=zh"), h.submit("/l/link_none?lang=zh"),
	} {
		if lang := html(t, w).Find("html").AttrOr("lang", ""); lang != "zh" || w.Code != http.StatusNotFound {
			t.Errorf("%d in %s", w.Code, lang)
		}
	}
}

// Who has not chosen gets no language that stays: the browser may be set to
// another tomorrow.
func TestLanguageThatNobodyChoseIsNotKept(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	session := h.open()
	h.submit("/c/"+session+"/payments", "method", "khqr")
	doc := wantState(t, h.get("/c/"+session, "Accept-Language", "zh"), "qr_waiting")
	if doc.Find("form[action*='lang='], a[href*='/c/'][href*='lang=']:not(.languages a)").Length() != 0 || h.purchase(session).Session.BuyerLocale != "" {
		t.Error("a language was kept that nobody chose")
	}

	if w := h.submit("/c/"+session+"/payments?lang=xx", "method", "khqr"); w.Header().Get("Location") != "/c/"+session {
		t.Errorf("to %s", w.Header().Get("Location"))
	}

	if err := h.service.ChooseLanguage(t.Context(), session, "xx"); err == nil {
		t.Error("a language that we have not is kept")
	}
}
