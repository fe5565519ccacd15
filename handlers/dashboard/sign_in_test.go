package dashboard_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"rieltime/checkout/users"
	"rieltime/handlers/dashboard"
)

const password = "coffee-with-ice"

// accept uses an invitation in a new browser, which is signed in then.
func (h *harness) accept(email string, role users.Role) *visitor {
	h.T.Helper()
	v := h.newVisitor()
	w := v.post(h.invite(email, role), "name", "Sokha", "password", password)
	if w.Code != http.StatusSeeOther {
		h.T.Fatalf("accept: %d %s", w.Code, w.Body)
	}
	return v
}

// invite returns the path of an invitation to klaing.
func (h *harness) invite(email string, role users.Role) string {
	h.T.Helper()
	token, _, err := h.users.Invite(h.T.Context(), users.Link{Email: email, MerchantID: "klaing", Role: role})
	if err != nil {
		h.T.Fatal(err)
	}
	return dashboard.UserLinkPath + token.Reveal()
}

// visitor is a browser that keeps its cookies.
type visitor struct {
	browser
	jar map[string]*http.Cookie
}

func (h *harness) newVisitor() *visitor {
	return &visitor{browser: browser{h: h}, jar: map[string]*http.Cookie{}}
}

func (v *visitor) do(r *http.Request) *httptest.ResponseRecorder {
	v.h.T.Helper()
	for _, cookie := range v.jar {
		r.AddCookie(cookie)
	}
	w := v.browser.send(r)
	for _, cookie := range w.Result().Cookies() {
		v.jar[cookie.Name] = cookie
		if cookie.MaxAge < 0 {
			delete(v.jar, cookie.Name)
		}
	}
	return w
}

func (v *visitor) get(target string) *httptest.ResponseRecorder {
	v.h.T.Helper()
	return v.do(httptest.NewRequest(http.MethodGet, "https://pay.example"+target, nil))
}

func (v *visitor) post(target string, fields ...string) *httptest.ResponseRecorder {
	v.h.T.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	r := httptest.NewRequest(http.MethodPost, "https://pay.example"+target, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return v.do(r)
}

func (v *visitor) token() string { return v.jar[dashboard.SecureCookieName].Value }

func TestSignInByPassword(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.accept("sokha@klaing.example", users.RoleOwner)
	v := h.newVisitor()
	if w := v.get("/dashboard/test/klaing/rights"); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/dashboard/sign-in?next=%2Fdashboard%2Ftest%2Fklaing%2Frights" {
		t.Fatal(w.Code, w.Header())
	}

	w := v.post("/dashboard/sign-in", "email", " Sokha@klaing.example", "password", password, "next", "/dashboard/test/klaing/rights")
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/dashboard/test/klaing/rights" {
		t.Fatal(w.Code, w.Header(), w.Body)
	}
	for _, cookie := range w.Result().Cookies() {
		if !cookie.HttpOnly || !cookie.Secure || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/dashboard" {
			t.Errorf("cookie %+v", cookie)
		}
	}
	if w := v.get("/dashboard/test/klaing/rights"); w.Code != http.StatusOK {
		t.Fatal(w.Code)
	}

	stolen := *v
	stolen.jar = map[string]*http.Cookie{dashboard.SecureCookieName: v.jar[dashboard.SecureCookieName]}
	if w := v.post("/dashboard/sign-out"); w.Code != http.StatusSeeOther || v.jar[dashboard.SecureCookieName] != nil {
		t.Fatal(w.Code, v.jar)
	}
	if w := stolen.get("/dashboard/test/klaing/rights"); w.Code != http.StatusSeeOther {
		t.Errorf("a copy of the cookie after signing out: %d", w.Code)
	}
}

func TestUnknownAddressAndWrongPasswordLookTheSame(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.accept("sokha@klaing.example", users.RoleOwner)
	answer := func(email string) string {
		t.Helper()
		w := h.newVisitor().post("/dashboard/sign-in", "email", email, "password", "wrong-password")
		if w.Code != http.StatusUnprocessableEntity {
			t.Fatal(email, w.Code)
		}
		return strings.ReplaceAll(w.Body.String(), email, "EMAIL")
	}
	if known, unknown := answer("sokha@klaing.example"), answer("nobody@klaing.example"); known != unknown {
		t.Errorf("a known address:\n%s\nan unknown one:\n%s", known, unknown)
	}
}

func TestEverySignInHasATokenOfItsOwn(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	v := h.accept("sokha@klaing.example", users.RoleOwner)
	before := v.token()
	v.post("/dashboard/sign-in", "email", "sokha@klaing.example", "password", password)
	if v.token() == before {
		t.Error("the token stayed when the user signed in")
	}
}

func TestNextLeadsOnlyIntoTheDashboard(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.accept("sokha@klaing.example", users.RoleOwner)
	for _, next := range []string{
		"https://evil.example", "//evil.example/dashboard/", `/\evil.example`, "/dashboard/../c/cs_1", "/dashboardevil", "javascript:alert(1)",
		"https:/dashboard/", "/dashboard/\r\nSet-Cookie: a=b", "",
	} {
		w := h.newVisitor().post("/dashboard/sign-in", "email", "sokha@klaing.example", "password", password, "next", next)
		location, err := url.Parse(w.Header().Get("Location"))
		if err != nil || location.Host != "" || location.Scheme != "" || !dashboard.Owns(location.Path) || strings.Contains(location.Path, "..") {
			t.Errorf("%q leads to %q", next, w.Header().Get("Location"))
		}
		h.Move(time.Second)
	}
}

func TestInvitationInTheBrowser(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	link := h.invite("sokha@klaing.example", users.RoleOwner)
	for range 2 { // looking uses nothing up
		if w := h.newVisitor().get(link); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Coffee Klaing") {
			t.Fatal(w.Code, w.Body)
		}
	}

	v := h.newVisitor()
	if w := v.post(link, "name", "Sokha", "password", "short"); w.Code != http.StatusUnprocessableEntity || document(t, w).Find(`#password[aria-invalid="true"]`).Length() != 1 {
		t.Fatal(w.Code, w.Body)
	}
	if w := v.post(link, "name", "Sokha", "password", password); w.Code != http.StatusSeeOther {
		t.Fatal(w.Code, w.Body)
	}
	if w := v.get("/dashboard/test/klaing/rights"); w.Code != http.StatusOK {
		t.Fatal(w.Code)
	}
	if w := h.newVisitor().post(link, "name", "Thief", "password", "another-password"); w.Code != http.StatusNotFound {
		t.Errorf("a second use: %d", w.Code)
	}
}

func TestRecentProofIsAskedForAndRenewed(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	v := h.accept("sokha@klaing.example", users.RoleOwner)
	recent := ""
	for _, r := range dashboard.Routes() {
		if r.Recent && r.Method == http.MethodGet && strings.HasSuffix(r.Path, "/keys/new") {
			recent = at(r, "klaing", "test")
		}
	}
	if recent == "" {
		t.Fatal(errors.New("no page needs a recent proof"))
	}

	if w := v.get(recent); w.Code != http.StatusOK {
		t.Fatalf("%s just after signing in: %d", recent, w.Code)
	}
	h.Move(users.RecentLife)
	w := v.get(recent)
	if w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), "/dashboard/confirm?next=") {
		t.Fatal(w.Code, w.Header())
	}
	if w := v.get(w.Header().Get("Location")); w.Code != http.StatusOK {
		t.Fatal(w.Code)
	}
	if w := v.post("/dashboard/confirm", "password", "wrong-password", "next", recent); w.Code != http.StatusUnprocessableEntity {
		t.Fatal(w.Code)
	}
	if w := v.post("/dashboard/confirm", "password", password, "next", recent); w.Header().Get("Location") != recent {
		t.Fatal(w.Code, w.Header())
	}
	if w := v.get(recent); w.Code != http.StatusOK {
		t.Errorf("after confirming: %d", w.Code)
	}
}

func TestDashboardIsInNoFrame(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	w := h.newVisitor().get("/dashboard/sign-in")
	if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy %q", policy)
	}
	if w.Header().Get("X-Frame-Options") != "DENY" {
		t.Errorf("X-Frame-Options %q", w.Header().Get("X-Frame-Options"))
	}
}
