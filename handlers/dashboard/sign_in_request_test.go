package dashboard_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"rieltime/checkout"
	"rieltime/checkout/users"
	"rieltime/handlers/dashboard"
)

const (
	requestPath = "/dashboard/sign-in/phone"
	accountPage = "/dashboard/account"
)

// asks is a browser that asks to be signed in, and the path in its QR code.
type asks struct {
	*visitor
	code string
}

// ask begins a request in a new browser.
func (h *harness) asks() asks {
	h.T.Helper()
	v := h.newVisitor()
	return asks{v, v.begin()}
}

// begin asks to be signed in and returns the path in the QR code.
func (v *visitor) begin() string {
	v.h.T.Helper()
	wantRedirect(v.h.T, v.post(requestPath, "next", accountPage), requestPath+"?next=%2Fdashboard%2Faccount")
	if page := document(v.h.T, v.get(requestPath)); page.Find("svg.qr").Length() != 1 || page.Find(".short-number").Length() != 1 {
		v.h.T.Fatal("the page has no QR code or no number")
	}
	session, _ := dashboard.CookieStore(sessionKey).New(withCookie(v.jar[dashboard.RequestCookieName]), dashboard.RequestCookieName)
	token, _ := session.Values[dashboard.TokenKey].(string)
	return "/dashboard/phone/" + users.RequestCode(checkout.Secret(token)).Reveal()
}

func withCookie(cookie *http.Cookie) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.AddCookie(cookie)
	return r
}

func (a asks) finish() *httptest.ResponseRecorder {
	a.h.T.Helper()
	return a.post(requestPath+"/finish", "next", accountPage)
}

// signedInAs is the address of the user who is signed in; empty: nobody.
func (v *visitor) signedInAs() string {
	v.h.T.Helper()
	return document(v.h.T, v.get(accountPage)).Find("main > .lead").Text()
}

func TestPhoneSignsATabletIn(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	tablet, phone := h.asks(), h.as(users.RoleCashier)
	page := phone.page(tablet.code)
	if text := tablet.get(requestPath).Body.String(); !strings.Contains(text, `http-equiv="refresh"`) {
		t.Error("without JavaScript the tablet stays where it is")
	}
	number := document(t, tablet.get(requestPath)).Find(".short-number").Text()
	if got := page.Find(".short-number").Text(); got != number || len(number) != 4 {
		t.Errorf("the phone shows %q, the tablet %q", got, number)
	}
	if !strings.Contains(page.Find("main").Text(), "192.0.2.1") {
		t.Error("the phone does not show the tablet's address")
	}
	if w := tablet.get(requestPath + "/state"); w.Header().Get("HX-Refresh") != "" {
		t.Error("the tablet goes on before it is confirmed")
	}
	if w := tablet.finish(); w.Header().Get("Location") != requestPath+"?next=%2Fdashboard%2Faccount" || tablet.signedInAs() != "" {
		t.Fatalf("signed in before it was confirmed: %d to %q", w.Code, w.Header().Get("Location"))
	}

	wantRedirect(t, phone.post(tablet.code), accountPage+"?done=sign_in_confirmed")
	if w := tablet.get(requestPath + "/state"); w.Header().Get("HX-Refresh") != "true" {
		t.Error("the tablet does not go on")
	}
	confirmed := document(t, tablet.get(requestPath))
	if !strings.Contains(confirmed.Find("main").Text(), "cashier@klaing.example") || confirmed.Find("form[hx-post]").Length() != 0 {
		t.Error("a tablet that is new to the user goes on without showing as whom")
	}
	wantRedirect(t, tablet.finish(), accountPage)
	if got := tablet.signedInAs(); got != "cashier@klaing.example" {
		t.Fatalf("signed in as %q", got)
	}

	if doc := document(t, tablet.get(accountPage+"?lang=en")); !strings.Contains(doc.Find("#sign-ins").Parent().Text(), "By QR from test") {
		t.Error("the list of sign-ins does not say by what")
	}
	trail := ""
	for _, line := range h.trail(h.members[users.RoleCashier].ID) {
		trail += line.Action + " "
	}
	if !strings.HasSuffix(trail, "user.sign_in_confirm user.sign_in ") {
		t.Errorf("the audit trail has %s", trail)
	}

	// It has proved nothing there; and the next time it goes on by itself.
	if w := tablet.post("/dashboard/account/codes/new"); !strings.HasPrefix(w.Header().Get("Location"), "/dashboard/confirm") {
		t.Errorf("codes are set up without a proof: %d", w.Code)
	}
	tablet.post("/dashboard/sign-out")
	tablet.code = tablet.begin()
	wantRedirect(t, phone.post(tablet.code), accountPage+"?done=sign_in_confirmed")
	if document(t, tablet.get(requestPath)).Find("form[hx-post]").Length() != 1 {
		t.Error("a tablet that the user knows does not go on")
	}
}

// TestRequestIsOfItsBrowser covers a stolen QR code, another browser that polls, and a
// request that is used again.
func TestRequestIsOfItsBrowser(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	tablet, phone, thief := h.asks(), h.as(users.RoleOwner), h.asks()
	wantRedirect(t, phone.post(tablet.code), accountPage+"?done=sign_in_confirmed")

	// Whoever has photographed the code has neither the cookie nor a way to make it.
	forged := h.newVisitor()
	forged.jar[dashboard.RequestCookieName] = requestCookie(t, strings.TrimPrefix(tablet.code, "/dashboard/phone/"))
	for what, v := range map[string]asks{"another request": thief, "the code as a cookie": {visitor: forged}, "no cookie": {visitor: h.newVisitor()}} {
		v.finish()
		if got := v.signedInAs(); got != "" {
			t.Errorf("%s signs in as %s", what, got)
		}
	}

	cookie := tablet.jar[dashboard.RequestCookieName]
	wantRedirect(t, tablet.finish(), accountPage)
	again := asks{visitor: h.newVisitor()}
	again.jar[dashboard.RequestCookieName] = cookie
	again.finish()
	if got := again.signedInAs(); got != "" {
		t.Errorf("a copy of the cookie signs in again as %s", got)
	}
	if w := phone.post(tablet.code); w.Code != http.StatusNotFound {
		t.Errorf("confirmed again: %d", w.Code)
	}
}

// requestCookie is the cookie of a request with a token.
func requestCookie(t *testing.T, token string) *http.Cookie {
	t.Helper()
	r, w := httptest.NewRequest(http.MethodGet, "/", nil), httptest.NewRecorder()
	session, _ := dashboard.CookieStore(sessionKey).New(r, dashboard.RequestCookieName)
	session.Values[dashboard.TokenKey] = token
	if err := session.Save(r, w); err != nil {
		t.Fatal(err)
	}
	return w.Result().Cookies()[0]
}

// TestRequestIsConfirmedByOneUserLately covers who may confirm, and until when.
func TestRequestIsConfirmedByOneUserLately(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	tablet := h.asks()
	if w := h.newVisitor().post(tablet.code); !strings.HasPrefix(w.Header().Get("Location"), "/dashboard/sign-in?next=") {
		t.Errorf("by nobody: %d to %q", w.Code, w.Header().Get("Location"))
	}
	phone, other := h.as(users.RoleCashier), h.as(users.RoleManager)
	h.Move(users.RequestLife)
	if w := phone.post(tablet.code); w.Code != http.StatusNotFound {
		t.Errorf("too late: %d", w.Code)
	}

	tablet = h.asks()
	wantRedirect(t, phone.post(tablet.code), accountPage+"?done=sign_in_confirmed")
	if w := other.post(tablet.code); w.Code != http.StatusNotFound {
		t.Errorf("by a second user: %d", w.Code)
	}
	if w := other.post(tablet.code + "/refuse"); w.Code != http.StatusNotFound {
		t.Errorf("refused by a second user: %d", w.Code)
	}
	h.Move(users.RequestLife)
	tablet.finish()
	if got := tablet.signedInAs(); got != "" {
		t.Errorf("signed in as %s, too late", got)
	}

	refused := h.asks()
	wantRedirect(t, phone.post(refused.code+"/refuse"), accountPage+"?done=sign_in_refused")
	if w := refused.get(requestPath + "/state"); w.Header().Get("HX-Refresh") != "true" {
		t.Error("the tablet does not learn that it is refused")
	}

	h.Move(users.RecentLife)
	tablet = h.asks()
	for _, w := range []*httptest.ResponseRecorder{phone.get(tablet.code), phone.post(tablet.code)} {
		if !strings.HasPrefix(w.Header().Get("Location"), "/dashboard/confirm?next=") {
			t.Errorf("by a user who has not proved lately who they are: %d to %q", w.Code, w.Header().Get("Location"))
		}
	}
}

// TestConfirmedRequestEndsWithItsUser covers what happens between the phone and the tablet.
func TestConfirmedRequestEndsWithItsUser(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for what, end := range map[string]func(*browser){
		"the phone is signed out": func(phone *browser) { phone.post("/dashboard/sign-out") },
		"the user is disabled": func(*browser) {
			if err := h.users.Disable(t.Context(), h.members[users.RoleCashier].ID, false); err != nil {
				t.Fatal(err)
			}
		},
	} {
		if err := h.users.Enable(t.Context(), h.members[users.RoleCashier].ID); err != nil {
			t.Fatal(err)
		}
		tablet, phone := h.asks(), h.as(users.RoleCashier)
		wantRedirect(t, phone.post(tablet.code), accountPage+"?done=sign_in_confirmed")
		end(phone)
		tablet.finish()
		if got := tablet.signedInAs(); got != "" {
			t.Errorf("%s, and the tablet is signed in as %s", what, got)
		}
	}
}

// TestRequestsAreNotTakenFromOtherSites covers requests, confirmations and sign-ins that
// another site has a browser send.
func TestRequestsAreNotTakenFromOtherSites(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	tablet, phone := h.asks(), h.as(users.RoleOwner)
	if cookie := tablet.jar[dashboard.RequestCookieName]; cookie.SameSite != http.SameSiteStrictMode || !cookie.HttpOnly || !cookie.Secure {
		t.Errorf("cookie %+v", cookie)
	}
	for _, path := range []string{requestPath, requestPath + "/finish", tablet.code, tablet.code + "/refuse"} {
		r := httptest.NewRequest(http.MethodPost, "https://pay.example"+path, nil)
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		if w := phone.send(r); w.Code != http.StatusForbidden {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	if w := tablet.get(requestPath + "/finish"); w.Code < http.StatusBadRequest {
		t.Errorf("a link signs in: %d", w.Code)
	}
}

func TestRequestsOfAnAddressAreSlowed(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	v := h.newVisitor()
	for range 30 {
		if w := v.post(requestPath); w.Code == http.StatusTooManyRequests {
			return
		}
	}
	t.Error("thirty requests at once")
}
