package dashboard_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"rieltime/checkout/users"
)

// script is the page's script in a browser.
type script struct{ *visitor }

// script returns the script of a new browser, or of one in which a user is signed in.
func (h *harness) script(signedIn ...*browser) script {
	v := h.newVisitor()
	for _, b := range signedIn {
		v.jar[b.cookie.Name] = b.cookie
	}
	return script{v}
}

// ask posts JSON to a path below that of passkeys.
func (s script) ask(path string, body any) *httptest.ResponseRecorder {
	s.h.T.Helper()
	return s.askAt("/dashboard/passkeys"+path, body)
}

// askAt posts JSON to any path.
func (s script) askAt(path string, body any) *httptest.ResponseRecorder {
	s.h.T.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		s.h.T.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "https://pay.example"+path, bytes.NewReader(text))
	r.Header.Set(echo.HeaderContentType, echo.MIMEApplicationJSON)
	r.Header.Set(echo.HeaderAccept, echo.MIMEApplicationJSON)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("HX-Request", "true")
	return s.do(r)
}

// register adds a passkey of the authenticator to the user who is signed in.
func (s script) register(a *authenticator, name string) *httptest.ResponseRecorder {
	s.h.T.Helper()
	options := s.ask("/options", struct{}{})
	if options.Code != http.StatusOK || options.Header().Get("HX-Redirect") != "" {
		return options
	}
	return s.ask("", map[string]any{"name": name, "credential": a.make(options.Body.Bytes())})
}

func (s script) options() []byte {
	s.h.T.Helper()
	w := s.ask("/sign-in/options", struct{}{})
	if w.Code != http.StatusOK {
		s.h.T.Fatalf("options: %d %s", w.Code, w.Body)
	}
	return w.Body.Bytes()
}

// signIn signs in with the authenticator, and goes to a page.
func (s script) signIn(a *authenticator) *httptest.ResponseRecorder {
	s.h.T.Helper()
	return s.ask("/sign-in", map[string]any{"credential": a.sign(s.options()), "next": "/dashboard/account"})
}

func wantRefused(t *testing.T, what string, w *httptest.ResponseRecorder, code string) {
	t.Helper()
	if w.Code < 400 || !strings.Contains(w.Body.String(), `"`+code+`"`) || w.Header().Get("HX-Redirect") != "" {
		t.Errorf("%s: %d %s, want %s", what, w.Code, w.Body, code)
	}
}

func wantNext(t *testing.T, what string, w *httptest.ResponseRecorder, next string) {
	t.Helper()
	if got := w.Header().Get("HX-Redirect"); w.Code != http.StatusOK || !strings.HasPrefix(got, next) {
		t.Fatalf("%s: %d to %q, want %q; %s", what, w.Code, got, next, w.Body)
	}
}

// withPasskey is an authenticator with a passkey of a role's user of klaing.
func (h *harness) withPasskey(role users.Role) *authenticator {
	h.T.Helper()
	a := newAuthenticator(h.T)
	wantNext(h.T, "register", h.script(h.as(role)).register(a, "Phone"), "/dashboard/account?done=passkey_added")
	return a
}

func TestPasskeySignsIn(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	phone := h.withPasskey(users.RoleManager)
	s := h.script()
	wantNext(t, "sign in", s.signIn(phone), "/dashboard/account")

	doc := document(t, s.get("/dashboard/account"))
	if got := doc.Find("main .lead").Text(); got != "manager@klaing.example" {
		t.Errorf("signed in as %q", got)
	}
	if got := doc.Find("h3").First().Text(); got != "Phone" {
		t.Errorf("the page shows the passkey %q", got)
	}
	kept, err := h.users.Passkeys(t.Context(), h.members[users.RoleManager].ID)
	if err != nil || len(kept) != 1 || kept[0].SignCount != 1 || !kept[0].BackedUp || !kept[0].UserVerified || kept[0].UsedAt.IsZero() {
		t.Errorf("%+v, %v", kept, err)
	}
	if trail := h.trail(kept[0].ID); len(trail) != 1 || trail[0].Action != "passkey.create" {
		t.Errorf("%+v", trail)
	}
}

func TestPasskeyAnswerIsTakenOnce(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	phone, s := h.withPasskey(users.RoleOwner), h.script()
	answer := map[string]any{"credential": phone.sign(s.options())}
	wantNext(t, "first", s.ask("/sign-in", answer), "/dashboard")
	wantRefused(t, "replayed", s.ask("/sign-in", answer), "challenge_over")

	s.options()
	wantRefused(t, "replayed with another challenge", s.ask("/sign-in", answer), "passkey_refused")

	answer = map[string]any{"credential": phone.sign(s.options())}
	wantRefused(t, "in another browser", h.script().ask("/sign-in", answer), "challenge_over")
	h.Move(users.ChallengeLife)
	wantRefused(t, "too late", s.ask("/sign-in", answer), "challenge_over")
}

func TestPasskeyOfAnotherOriginIsRefused(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	phone := h.withPasskey(users.RoleOwner)
	for _, origin := range []string{"https://pay.example.evil.example", "http://pay.example", "https://pay.example:8443", "https://evil.pay.example"} {
		phone.origin = origin
		wantRefused(t, origin, h.script().signIn(phone), "passkey_refused")
	}
	other := newAuthenticator(t)
	other.origin = "https://evil.example"
	wantRefused(t, "registered there", h.script(h.as(users.RoleOwner)).register(other, "Phone"), "passkey_refused")
}

func TestPasskeyNeedsItsUserVerified(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	phone := h.withPasskey(users.RoleOwner)
	phone.flags &^= userVerified
	wantRefused(t, "without a look at who it is", h.script().signIn(phone), "passkey_refused")
}

func TestCopiedPasskeyIsNoticed(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	phone := h.withPasskey(users.RoleOwner)
	cloned := *phone
	wantNext(t, "the phone", h.script().signIn(phone), "/dashboard")
	wantNext(t, "the phone", h.script().signIn(phone), "/dashboard")
	wantRefused(t, "its copy", h.script().signIn(&cloned), "passkey_copied")

	kept, err := h.users.Passkeys(t.Context(), h.members[users.RoleOwner].ID)
	if err != nil || len(kept) != 1 || kept[0].CopiedAt.IsZero() {
		t.Fatalf("%+v, %v", kept, err)
	}
	if trail := h.trail(kept[0].ID); trail[len(trail)-1].Action != "passkey.copied" {
		t.Errorf("%+v", trail)
	}
	if got := h.as(users.RoleOwner).page("/dashboard/account").Find(".card .problem").Length(); got != 1 {
		t.Errorf("%d warnings on the page", got)
	}
}

func TestRemovedPasskeyIsRefused(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	phone, owner := h.withPasskey(users.RoleOwner), h.as(users.RoleOwner)
	form := owner.page("/dashboard/account").Find(`form[action$="/remove"]`)
	path, _ := form.Attr("action")

	if w := h.as(users.RoleManager).post(path); w.Code != http.StatusNotFound {
		t.Errorf("another user removes it: %d", w.Code)
	}
	if w := h.as(users.RoleManager).post(strings.Replace(path, "/remove", "/rename", 1), "name", "Mine"); w.Code != http.StatusNotFound {
		t.Errorf("another user renames it: %d", w.Code)
	}
	wantNext(t, "before", h.script().signIn(phone), "/dashboard")

	// It is the user's only way to sign in, until they have another passkey.
	if w := owner.post(path); w.Code != http.StatusConflict || document(t, w).Find("main > .notice.problem").Length() != 1 {
		t.Fatalf("the last one: %d %s", w.Code, w.Body)
	}
	wantNext(t, "register", h.script(owner).register(newAuthenticator(t), "Tablet"), "/dashboard/account")
	if w := owner.post(path); w.Code != http.StatusSeeOther {
		t.Fatalf("remove: %d %s", w.Code, w.Body)
	}
	wantRefused(t, "after", h.script().signIn(phone), "passkey_refused")
}

func TestDisabledUserHasNoPasskey(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	phone := h.withPasskey(users.RoleOwner)
	if err := h.users.Disable(t.Context(), h.members[users.RoleOwner].ID, true); err != nil {
		t.Fatal(err)
	}
	wantRefused(t, "disabled", h.script().signIn(phone), "passkey_refused")
}

func TestCredentialOfAnotherUserIsRefused(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	phone := h.withPasskey(users.RoleOwner)
	thief := newAuthenticator(t)
	thief.id = phone.id
	wantRefused(t, "registered again", h.script(h.as(users.RoleCashier)).register(thief, "Phone"), "passkey_taken")

	thief.handle = phone.handle
	wantRefused(t, "signed with another key", h.script().signIn(thief), "passkey_refused")
	phone.handle = []byte(h.members[users.RoleCashier].ID)
	wantRefused(t, "of another user", h.script().signIn(phone), "passkey_refused")
	wantRefused(t, "of nobody", h.script().signIn(newAuthenticator(t)), "passkey_refused")
}

func TestPasskeyConfirms(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	phone, manager := h.withPasskey(users.RoleOwner), h.script(h.as(users.RoleManager))
	owner := h.script(h.as(users.RoleOwner))
	h.Move(users.RecentLife + time.Second)
	wantNext(t, "too long ago", owner.register(newAuthenticator(t), "Tablet"), "/dashboard/confirm")

	confirm := func(s script) *httptest.ResponseRecorder {
		return s.ask("/confirm", map[string]any{"credential": phone.sign(s.options()), "next": "//evil.example/"})
	}
	wantRefused(t, "by another user's passkey", confirm(manager), "passkey_refused")
	w := confirm(owner)
	if got := w.Header().Get("HX-Redirect"); w.Code != http.StatusOK || got != "/dashboard" {
		t.Fatalf("%d to %q %s", w.Code, got, w.Body)
	}
	wantNext(t, "confirmed", owner.register(newAuthenticator(t), "Tablet"), "/dashboard/account")
}

func TestPasskeyIsNamed(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	s := h.script(h.as(users.RoleOwner))
	for _, name := range []string{"", "  ", strings.Repeat("x", 61)} {
		wantRefused(t, name, s.register(newAuthenticator(t), name), "name_invalid")
	}

	h.withPasskey(users.RoleOwner)
	owner := h.as(users.RoleOwner)
	path, _ := owner.page("/dashboard/account").Find(`form[action$="/rename"]`).Attr("action")
	if w := owner.post(path, "name", "Tablet <b>"); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if got := owner.page("/dashboard/account").Find(".card h3").First().Text(); got != "Tablet <b>" {
		t.Errorf("named %q", got)
	}
}

func TestUserHasAFewPasskeys(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	s := h.script(h.as(users.RoleOwner))
	for range 20 {
		wantNext(t, "register", s.register(newAuthenticator(t), "Phone"), "/dashboard/account")
	}
	wantRefused(t, "one more", s.register(newAuthenticator(t), "Phone"), "too_many_passkeys")
}
