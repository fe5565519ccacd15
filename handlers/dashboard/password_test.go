package dashboard_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"rieltime/checkout/users"
	"rieltime/handlers/dashboard"
)

const (
	passwordPath = "/dashboard/account/password"
	newPassword  = "another-long-password"
)

// signInBy signs in by a password in a new browser.
func (h *harness) signInBy(email, password string) (*visitor, *httptest.ResponseRecorder) {
	h.T.Helper()
	v := h.newVisitor()
	return v, v.post("/dashboard/sign-in", "email", email, "password", password)
}

// problemAt returns what is wrong at a field of a form.
func problemAt(t *testing.T, w *httptest.ResponseRecorder, field string) string {
	t.Helper()
	if w.Code != http.StatusUnprocessableEntity {
		t.Fatalf("%s: %d %s", field, w.Code, w.Body)
	}
	return document(t, w).Find("#" + field + "-problem").Text()
}

func TestPasswordIsChanged(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	const email = "sokha@klaing.example"
	v := h.accept(email, users.RoleOwner)
	other, _ := h.signInBy(email, password)
	h.Move(users.RecentLife)

	if w := v.post(passwordPath, "password", newPassword); problemAt(t, w, "current") == "" {
		t.Error("changed without the current password")
	}
	if w := v.post(passwordPath, "current", "wrong-password", "password", newPassword); problemAt(t, w, "current") == "" {
		t.Error("changed with a wrong one")
	}
	if w := v.post(passwordPath, "current", password, "password", "short"); problemAt(t, w, "password") == "" {
		t.Error("changed to a short one")
	}

	copied := h.newVisitor()
	copied.jar[dashboard.SecureCookieName] = v.jar[dashboard.SecureCookieName]
	wantRedirect(t, v.post(passwordPath, "current", password, "password", newPassword), "/dashboard/account?done=password")
	if w := v.get("/dashboard/account?done=password"); w.Code != http.StatusOK || document(t, w).Find("main > .notice").Length() != 1 {
		t.Errorf("this browser: %d", w.Code)
	}
	for what, v := range map[string]*visitor{"another browser": other, "a copy of the cookie": copied} {
		if w := v.get("/dashboard/account"); w.Code != http.StatusSeeOther {
			t.Errorf("%s: %d", what, w.Code)
		}
	}

	if _, w := h.signInBy(email, password); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("the password before: %d", w.Code)
	}
	if _, w := h.signInBy(email, newPassword); w.Code != http.StatusSeeOther {
		t.Errorf("the new one: %d", w.Code)
	}
	user, err := h.users.UserByEmail(t.Context(), email)
	if err != nil {
		t.Fatal(err)
	}
	actions := ""
	for _, line := range h.trail(user.ID) {
		actions += line.Action + " "
	}
	if !strings.Contains(actions, "user.password ") {
		t.Errorf("the audit trail has %s", actions)
	}
}

func TestCurrentPasswordCannotBeGuessed(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	v := h.accept("sokha@klaing.example", users.RoleOwner)
	h.Move(users.RecentLife)
	for range 10 {
		if w := v.post(passwordPath, "current", "wrong-password", "password", newPassword); w.Code == http.StatusTooManyRequests {
			if w.Header().Get("Retry-After") == "" || document(t, w).Find("form[action='"+passwordPath+"'] .problem").Length() != 1 {
				t.Error("the form does not say how long to wait")
			}
			return
		}
	}
	t.Error("ten guesses were answered")
}

// TestFirstPasswordNeedsARecentProof is about a user who has only a passkey.
func TestFirstPasswordNeedsARecentProof(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	phone, owner := h.withPasskey(users.RoleOwner), h.script(h.as(users.RoleOwner))
	h.Move(users.RecentLife)
	if doc := document(t, owner.get("/dashboard/account")); doc.Find("form[action='"+passwordPath+"']").Length() != 0 {
		t.Error("the page has the form before the proof")
	}
	w := owner.post(passwordPath, "password", newPassword)
	if !strings.HasPrefix(w.Header().Get("Location"), "/dashboard/confirm?next=") {
		t.Fatalf("%d to %q", w.Code, w.Header().Get("Location"))
	}

	// The page that asks for the proof takes the passkey only.
	page := document(t, owner.get(w.Header().Get("Location")))
	if page.Find("[data-passkey]").Length() != 1 || page.Find("#password").Length() != 0 {
		t.Error("the page asks for a password that there is not")
	}
	wantNext(t, "confirm", owner.ask("/confirm", map[string]any{"credential": phone.sign(owner.options()), "next": "/dashboard/account"}), "/dashboard/account")
	if doc := document(t, owner.get("/dashboard/account")); doc.Find("#current").Length() != 0 {
		t.Error("the page asks for a password that there is not")
	}
	wantRedirect(t, owner.post(passwordPath, "password", newPassword), "/dashboard/account?done=password")
	if _, w := h.signInBy("owner@klaing.example", newPassword); w.Code != http.StatusSeeOther {
		t.Errorf("sign in: %d", w.Code)
	}
}
