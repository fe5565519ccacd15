package dashboard_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"rieltime/checkout/notices"
	"rieltime/checkout/users"
	"rieltime/handlers"
)

// TestDashboardApartIsOnItsOwnAddressOnly covers a dashboard at an address of its own.
func TestDashboardApartIsOnItsOwnAddressOnly(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	public, apart := handlers.NewApart(handlers.Config{
		Service: h.Service, Verifier: h.Verifier, Store: h.Store, Users: h.users, Notices: notices.NewService(h.Store, h.telegram, h.Clock),
		BaseURL: "http://pay.example", DashboardURL: "https://shop.example/", SessionKey: sessionKey, Now: h.Clock,
	})
	get := func(e *echo.Echo, path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		e.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w
	}

	for path, want := range map[string][2]int{ // on the public address, on the dashboard's
		"/dashboard": {404, 303}, "/dashboard/sign-in": {404, 200}, "/dashboard/test/klaing": {404, 303}, "/": {404, 303},
		"/docs": {200, 404}, "/c/cs_none": {404, 404}, "/healthz": {200, 200}, "/robots.txt": {200, 200},
	} {
		if got := [2]int{get(public, path).Code, get(apart, path).Code}; got != want {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
	if get(apart, "/c/cs_none").Header().Get("Strict-Transport-Security") == "" || get(public, "/dashboard").Header().Get("Strict-Transport-Security") != "" {
		t.Error("the headers of the one address are not for the other")
	}

	// Links, cookies and passkeys are of the dashboard's address.
	h.e = apart
	b := h.as(users.RoleOwner)
	page := b.secretPage(b.post("/dashboard/test/klaing/team/invitations", "email", "dara@klaing.example", "role", "cashier"))
	if link, _ := page.Find("input[readonly]").Attr("value"); !strings.HasPrefix(link, "https://shop.example/dashboard/links/") {
		t.Errorf("an invitation to %q", link)
	}
	options := string(h.script().options())
	if !strings.Contains(options, `"rpId":"shop.example"`) {
		t.Errorf("passkeys of %s", options)
	}
}
