package dashboard_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rieltime/checkout/users"
	"rieltime/handlers/dashboard"
)

// at is the address of a route of a merchant in a mode. Ids in it name nothing.
func at(r dashboard.Route, merchant, mode string) string {
	path := strings.NewReplacer(":merchant", merchant, ":mode", mode).Replace(r.Path)
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if strings.HasPrefix(part, ":") {
			parts[i] = "none"
		}
	}
	return strings.Join(parts, "/")
}

func (b *browser) request(r dashboard.Route, merchant, mode string) *httptest.ResponseRecorder {
	b.h.T.Helper()
	if r.Method == http.MethodGet {
		return b.get(at(r, merchant, mode))
	}
	return b.post(at(r, merchant, mode))
}

func TestEveryRouteIsForItsRolesOnly(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, role := range users.Roles() {
		b := h.as(role)
		for _, r := range dashboard.Routes() {
			refused := b.request(r, "klaing", "test").Code == http.StatusForbidden
			if may := r.Right == "" || role.May(r.Right); may == refused {
				t.Errorf("%s %s %s: refused %v, has the right %v", role, r.Method, r.Path, refused, may)
			}
		}
	}
}

func TestEveryRouteOfAnotherMerchantIsUnknown(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, role := range users.Roles() {
		b := h.as(role)
		for _, r := range dashboard.Routes() {
			h.Move(time.Second) // so many requests at once would be too many
			theirs, nobodys := b.request(r, "krama", "test"), b.request(r, "nobody", "test")
			if theirs.Code != http.StatusNotFound || nobodys.Code != http.StatusNotFound {
				t.Errorf("%s %s %s: %d for krama, %d for a merchant that does not exist", role, r.Method, r.Path, theirs.Code, nobodys.Code)
			}
		}
	}
}

func TestEveryRouteNeedsASignIn(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, r := range dashboard.Routes() {
		w := (&browser{h: h}).request(r, "klaing", "test")
		if w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), "/dashboard/sign-in?next=") {
			t.Errorf("%s %s: %d, to %q", r.Method, r.Path, w.Code, w.Header().Get("Location"))
		}
	}
}

func TestAddressOfARefusedFormLeadsToItsPage(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(users.RoleCashier)
	shift := b.openShift()
	w := b.post(shift+"/close", "cash_usd", "many")
	other, _ := document(t, w).Find(`.languages a[hreflang="zh"]`).Attr("href")
	if w.Code != http.StatusUnprocessableEntity || other == "" {
		t.Fatalf("%d, %q", w.Code, other)
	}
	wantRedirect(t, b.get(other), shift+"?lang=zh")

	// So does every form's, to an address that has a page.
	pages := map[string]bool{}
	own := strings.NewReplacer(":mode", "test", ":merchant", "klaing")
	for _, r := range dashboard.Routes() {
		path := own.Replace(r.Path)
		pages[path] = pages[path] || r.Method == http.MethodGet
	}
	for path, isPage := range pages {
		w := b.get(path)
		to := w.Header().Get("Location")
		if !isPage && (w.Code != http.StatusSeeOther || !pages[to] || !strings.HasPrefix(path, to+"/")) {
			t.Errorf("%s: %d, to %q", path, w.Code, to)
		}
	}
}

func TestNoFormIsTakenFromAnotherSite(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(users.RoleOwner)
	for _, headers := range [][2]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "none"}, {"Origin", "https://evil.example"}, {"Origin", "null"}, {"X-None", "x"}} {
		r := httptest.NewRequest(http.MethodPost, "https://pay.example/dashboard/test/klaing/rights", nil)
		r.Header.Set(headers[0], headers[1])
		if w := b.send(r); w.Code != http.StatusForbidden && w.Code != http.StatusMethodNotAllowed {
			t.Errorf("%v: %d", headers, w.Code)
		}
	}
}

func TestOperatorGoesEverywhere(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	operator, err := h.users.CreateUser(t.Context(), users.User{Email: "operator@host.example", Operator: true}, nil)
	if err != nil {
		t.Fatal(err)
	}

	doc := h.signIn(operator).page("/dashboard")
	if got := doc.Find("main .card").Length(); got != 2 {
		t.Errorf("%d merchants, want 2", got)
	}

	h.signIn(operator).page("/dashboard/test/krama/rights")
}
