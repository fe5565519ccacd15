package dashboard_test

import (
	"net/http"
	"strings"
	"testing"

	"rieltime/checkout/notices"
	"rieltime/checkout/users"
)

const teamPath = "/dashboard/test/klaing/team"

// invited makes an invitation on the page and returns the path of its link.
func (b *browser) invited(email string, role users.Role) string {
	b.h.T.Helper()
	page := b.secretPage(b.post(teamPath+"/invitations", "email", email, "role", string(role)))
	link, _ := page.Find(".copy input").Attr("value")
	return strings.TrimPrefix(link, "https://pay.example")
}

func TestInvitationIsMadeUsedAndWithdrawn(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	owner := h.as(users.RoleOwner)
	used, withdrawn := owner.invited("new@klaing.example", users.RoleCashier), owner.invited("withdrawn@klaing.example", users.RoleOwner)
	page := owner.page(teamPath)
	if text := page.Text(); !strings.Contains(text, "new@klaing.example") || strings.Contains(text, used) {
		t.Error("the page does not list the invitation, or shows its link again")
	}

	guest := &browser{h: h}
	if w := guest.post(used, "password", "correct horse battery"); w.Code != http.StatusSeeOther {
		t.Errorf("a new member: %d %s", w.Code, w.Body)
	}
	member, err := h.users.UserByEmail(t.Context(), "new@klaing.example")
	if err != nil {
		t.Fatal(err)
	}
	if role, err := h.users.Role(t.Context(), member, "klaing"); role != users.RoleCashier || err != nil {
		t.Errorf("the new member is %q, %v", role, err)
	}
	if w := (&browser{h: h}).post(used, "password", "another password"); w.Code != http.StatusNotFound {
		t.Errorf("a link that was used: %d", w.Code)
	}

	action, _ := owner.page(teamPath).Find("form[action$='/withdraw']").First().Attr("action")
	wantRedirect(t, owner.post(action), teamPath+"?done=invitation_withdrawn")
	if w := (&browser{h: h}).post(withdrawn, "password", "correct horse battery"); w.Code != http.StatusNotFound {
		t.Errorf("a withdrawn link: %d", w.Code)
	}
	if count := owner.page(teamPath).Find("form[action$='/withdraw']").Length(); count != 0 {
		t.Errorf("%d invitations are listed", count)
	}
}

// TestRefusedInvitationIsShown has a mail server refuse an address for good.
func TestRefusedInvitationIsShown(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	if err := h.Store.SetMailServer(t.Context(), notices.MailServer{Address: "smtp.example:587", From: "pay@klaing.example"}); err != nil {
		t.Fatal(err)
	}
	owner := h.as(users.RoleOwner)
	owner.post(teamPath+"/invitations", "email", "wrong@klaing.example", "role", "cashier")
	const attention = "#attention-invitations_refused"
	if text := owner.page(teamPath + "?lang=en").Text(); !strings.Contains(text, "Is being sent by e-mail") {
		t.Errorf("before it is sent: %s", text)
	}

	mails, err := h.Store.InvitationMails(t.Context(), "klaing", h.Clock())
	if err != nil || len(mails) != 1 || mails[0].Link != "" {
		t.Fatal(mails, err)
	}
	refused := mails[0]
	refused.SentAt, refused.Problem = h.Clock(), "550 5.1.1 No <such> user"
	if err := h.Store.SaveMail(t.Context(), refused); err != nil {
		t.Fatal(err)
	}
	page := owner.page(teamPath + "?lang=en")
	wantTexts(t, page, ".chip.bad", "The e-mail was refused")
	if text := page.Find("q").Text(); text != refused.Problem {
		t.Errorf("the reason is shown as %q", text)
	}
	wantTexts(t, owner.page("/dashboard/test/klaing?lang=en"), attention, "The e-mail of 1 invitation was refused")
	if h.as(users.RoleManager).page("/dashboard/test/klaing").Find(attention).Length() != 0 {
		t.Error("shown to who does not manage the team")
	}

	action, _ := page.Find("form[action$='/withdraw']").Attr("action")
	wantRedirect(t, owner.post(action), teamPath+"?done=invitation_withdrawn")
	if owner.page("/dashboard/test/klaing").Find(attention).Length() != 0 {
		t.Error("a withdrawn invitation still needs somebody")
	}
}

// TestInvitationIsShownOnce covers the page of a new invitation, whose form makes one
// however often the page is loaded again.
func TestInvitationIsShownOnce(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	owner := h.as(users.RoleOwner)
	page := owner.post(teamPath+"/invitations", "email", "new@klaing.example", "role", "cashier").Header().Get("Location")
	shown := func(b *browser) bool {
		t.Helper()
		return b.page(page).Find("input[readonly]").Length() == 1
	}

	if shown(h.as(users.RoleOwner)) || !shown(owner) || shown(owner) {
		t.Error("not shown once, to its maker")
	}
	if count := owner.page(teamPath).Find("form[action$='/withdraw']").Length(); count != 1 {
		t.Errorf("%d invitations", count)
	}
	if w := owner.get(teamPath + "/invitations/lnk_none/secret"); w.Code != http.StatusNotFound {
		t.Errorf("no invitation: %d", w.Code)
	}
}

func TestWrongInvitationIsRefusedAtItsField(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(users.RoleOwner)
	for field, fields := range map[string][]string{
		"email": {"email", "no address", "role", "cashier"},
		"role":  {"email", "new@klaing.example", "role", "operator"},
	} {
		w := b.post(teamPath+"/invitations", fields...)
		if w.Code != http.StatusUnprocessableEntity || document(t, w).Find("#"+field+"-problem").Text() == "" {
			t.Errorf("%s: %d", field, w.Code)
		}
	}
	if w := b.post(teamPath+"/invitations", "email", " Cashier@Klaing.example", "role", "owner"); w.Code != http.StatusConflict {
		t.Errorf("a member: %d", w.Code)
	}
}

// TestRolesAreChangedByOwnersOnly also sends roles and flags that no form has.
func TestRolesAreChangedByOwnersOnly(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	manager := h.members[users.RoleManager]
	path := teamPath + "/" + manager.ID
	for _, target := range []string{path + "/role", teamPath + "/invitations"} {
		w := h.as(users.RoleManager).post(target, "role", "owner", "email", "new@klaing.example", "operator", "1", "is_operator", "1")
		if w.Code != http.StatusForbidden {
			t.Errorf("the manager: %d", w.Code)
		}
	}

	b := h.as(users.RoleOwner)
	b.page(path)
	wantRedirect(t, b.post(path+"/role", "role", "accountant", "operator", "1", "is_operator", "1"), path+"?done=role_set")
	h.wantActor("user.role", manager.ID, users.RoleOwner)
	if changed, err := h.Store.User(t.Context(), manager.ID); changed.Operator || err != nil {
		t.Errorf("%+v, %v", changed, err)
	}
	if w := b.post(path+"/role", "role", "operator"); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("an unknown role: %d", w.Code)
	}

	removed := h.signIn(manager)
	wantRedirect(t, b.post(path+"/remove"), teamPath+"?done=member_removed")
	h.wantActor("user.remove", manager.ID, users.RoleOwner)
	if w := removed.get("/dashboard/test/klaing/rights"); w.Code != http.StatusNotFound {
		t.Errorf("a member who was removed: %d", w.Code)
	}
}

func TestLastOwnerStays(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(users.RoleOwner)
	path := teamPath + "/" + h.members[users.RoleOwner].ID
	for _, code := range []int{b.post(path+"/role", "role", "cashier").Code, b.post(path + "/remove").Code} {
		if code != http.StatusConflict {
			t.Errorf("%d", code)
		}
	}
	b.page(teamPath)
}

// TestOtherTeamsAreUnknown tries the ids of another merchant's users, sign-ins and
// invitations.
func TestOtherTeamsAreUnknown(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	theirs := h.createUser("owner@krama.example", map[string]users.Role{"krama": users.RoleOwner})
	theirBrowser := h.signIn(theirs)
	signIns, err := h.users.SignIns(t.Context(), theirs.ID)
	if err != nil || len(signIns) != 1 {
		t.Fatal(signIns, err)
	}
	_, invitation, err := h.users.InviteMember(t.Context(), "krama", "x@krama.example", users.RoleCashier)
	if err != nil {
		t.Fatal(err)
	}

	b := h.as(users.RoleOwner)
	if w := b.get(teamPath + "/" + theirs.ID); w.Code != http.StatusNotFound {
		t.Errorf("their page: %d", w.Code)
	}
	for _, path := range []string{
		"/" + theirs.ID + "/role", "/" + theirs.ID + "/remove", "/" + theirs.ID + "/sign-ins/" + signIns[0].ID + "/end",
		"/" + h.members[users.RoleCashier].ID + "/sign-ins/" + signIns[0].ID + "/end", "/invitations/" + invitation.ID + "/withdraw",
	} {
		if w := b.post(teamPath+path, "role", "cashier"); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	if page := b.page(teamPath).Text(); strings.Contains(page, "krama.example") {
		t.Error("the page lists another team")
	}
	theirBrowser.page("/dashboard/test/krama/rights")
}

func TestOwnerEndsAMembersSignIn(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	cashier := h.members[users.RoleCashier]
	b, owner := h.as(users.RoleCashier), h.as(users.RoleOwner)
	path := teamPath + "/" + cashier.ID
	action, _ := owner.page(path).Find("form[action$='/end']").Attr("action")
	wantRedirect(t, owner.post(action), path+"?done=sign_in_ended")
	if w := b.get("/dashboard/test/klaing/rights"); w.Code != http.StatusSeeOther {
		t.Errorf("the cashier: %d", w.Code)
	}
	if w := owner.post(action); w.Code != http.StatusNotFound {
		t.Errorf("a sign-in that has ended: %d", w.Code)
	}
}

// TestTeamChangesNeedARecentProof covers every form of the page.
func TestTeamChangesNeedARecentProof(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(users.RoleOwner)
	h.Move(users.RecentLife)
	path := "/" + h.members[users.RoleCashier].ID
	for _, form := range []string{"/invitations", "/invitations/lnk_1/withdraw", path + "/role", path + "/remove", path + "/sign-ins/sin_1/end"} {
		if to := b.post(teamPath+form, "role", "owner", "email", "x@klaing.example").Header().Get("Location"); !strings.HasPrefix(to, "/dashboard/confirm?next=") {
			t.Errorf("%s: to %q", form, to)
		}
	}
}
