package dashboard_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"rieltime/checkout/users"
)

// acceptBy accepts an invitation by a passkey of the authenticator.
func (s script) acceptBy(a *authenticator, link string) *httptest.ResponseRecorder {
	s.h.T.Helper()
	options := s.askAt(link+"/passkey/options", map[string]string{"name": "Dara"})
	if options.Code != http.StatusOK {
		return options
	}
	return s.askAt(link+"/passkey", map[string]any{"name": "Dara", "credential": a.make(options.Body.Bytes())})
}

func TestInvitationIsAcceptedByAPasskey(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	link := h.invite("dara@klaing.example", users.RoleManager)
	page := document(t, h.newVisitor().get(link))
	if action, _ := page.Find("form[data-passkey-new]").Attr("data-passkey-new"); action != link+"/passkey" {
		t.Errorf("the page sends passkeys to %q", action)
	}
	if _, folds := page.Find("details[open]").Attr("data-passkey-else"); !folds || page.Find("details[open] #password").Length() != 1 {
		t.Error("without JavaScript there is no password to accept with")
	}

	phone, s := newAuthenticator(t), h.script()
	wantNext(t, "accept", s.acceptBy(phone, link), "/dashboard")
	if doc := document(t, s.get("/dashboard/account")); doc.Find("h3").First().Text() == "" || !strings.Contains(doc.Find(".account summary").Text(), "Dara") {
		t.Error("not signed in as Dara with a passkey")
	}
	if w := s.get("/dashboard/test/klaing/payments"); w.Code != http.StatusOK {
		t.Errorf("a manager's payments: %d", w.Code)
	}
	user, err := h.users.UserByEmail(t.Context(), "dara@klaing.example")
	if err != nil || user.PasswordHash != "" {
		t.Errorf("%+v, %v", user, err)
	}
	wantNext(t, "sign in again", h.script().signIn(phone), "/dashboard")

	wantRefused(t, "used again", h.script().acceptBy(newAuthenticator(t), link), "link_used")
}

// TestPasskeyOfAnInvitationIsForIt covers what else might be sent in its place.
func TestPasskeyOfAnInvitationIsForIt(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	link, other := h.invite("dara@klaing.example", users.RoleManager), h.invite("sokha@klaing.example", users.RoleOwner)
	phone, s := newAuthenticator(t), h.script()
	options := s.askAt(link+"/passkey/options", map[string]string{})
	answer := map[string]any{"credential": phone.make(options.Body.Bytes())}
	wantRefused(t, "another invitation", s.askAt(other+"/passkey", answer), "challenge_over")
	wantRefused(t, "another browser", h.script().askAt(link+"/passkey", answer), "challenge_over")
	wantRefused(t, "a sign-in", s.ask("/sign-in", answer), "challenge_over")
	wantNext(t, "the invitation", s.askAt(link+"/passkey", answer), "/dashboard")

	existing := h.invite("owner@klaing.example", users.RoleCashier)
	wantRefused(t, "an address that has a user", h.script().acceptBy(newAuthenticator(t), existing), "other_user")

	taken := newAuthenticator(t)
	taken.id = phone.id
	wantRefused(t, "a credential of another user", h.script().acceptBy(taken, other), "passkey_taken")
	if w := h.newVisitor().get(other); w.Code != http.StatusOK {
		t.Errorf("the invitation afterwards: %d", w.Code)
	}
}

func TestRefusedNameOfAPasskeyIsShownAtItsField(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.withPasskey(users.RoleOwner)
	owner := h.as(users.RoleOwner)
	path, _ := owner.page("/dashboard/account").Find(`form[action$="/rename"]`).Attr("action")
	w := owner.post(path, "name", strings.Repeat("x", 61))
	doc := document(t, w)
	input := doc.Find(`input[aria-invalid="true"]`)
	described, _ := input.Attr("aria-describedby")
	if value, _ := input.Attr("value"); w.Code != http.StatusUnprocessableEntity || len(value) != 61 || doc.Find("#"+described).Text() == "" {
		t.Errorf("%d, %q described by %q", w.Code, value, described)
	}
}
