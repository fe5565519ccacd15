package dashboard_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/pquerna/otp/totp"

	"rieltime/checkout/users"
)

// codeUser is a user whose password is followed by a code.
type codeUser struct {
	h        *harness
	at       *visitor // where they set the app up
	email    string
	secret   string
	recovery []string
}

const recoveryPath = "/dashboard/account/codes/recovery"

// withCodes invites a user who sets an app for codes up.
func (h *harness) withCodes(email string) *codeUser {
	h.T.Helper()
	u := &codeUser{h: h, at: h.accept(email, users.RoleManager), email: email}
	if w := u.at.post("/dashboard/account/codes/new"); w.Header().Get("Location") != "/dashboard/account/codes" {
		h.T.Fatalf("set up: %d to %q", w.Code, w.Header().Get("Location"))
	}

	doc := document(h.T, u.at.get("/dashboard/account/codes"))
	u.secret, _ = doc.Find(".copy input").Attr("value")
	if doc.Find("svg.qr").Length() != 1 {
		h.T.Error("there is no QR code")
	}
	wantRedirect(h.T, u.at.post("/dashboard/account/codes", "code", u.code(0)), recoveryPath)
	document(h.T, u.at.get(recoveryPath)).Find(".recovery li").Each(func(_ int, code *goquery.Selection) { u.recovery = append(u.recovery, code.Text()) })
	if len(u.recovery) != 10 {
		h.T.Fatalf("%d recovery codes", len(u.recovery))
	}
	wantRedirect(h.T, u.at.get(recoveryPath), "/dashboard/account") // shown once
	return u
}

// code is what the app shows some steps after now.
func (u *codeUser) code(steps int) string {
	u.h.T.Helper()
	code, err := totp.GenerateCode(u.secret, u.h.Clock().Add(time.Duration(steps)*30*time.Second))
	if err != nil {
		u.h.T.Fatal(err)
	}
	return code
}

// password types the password in a new browser.
func (u *codeUser) password() *visitor {
	u.h.T.Helper()
	v := u.h.newVisitor()
	w := v.post("/dashboard/sign-in", "email", u.email, "password", password, "next", "/dashboard/account")
	if got := w.Header().Get("Location"); !strings.HasPrefix(got, "/dashboard/sign-in/code?next=") {
		u.h.T.Fatalf("after the password: %d to %q", w.Code, got)
	}
	if w := v.get("/dashboard/account"); w.Code != http.StatusSeeOther {
		u.h.T.Errorf("the password alone opens the account: %d", w.Code)
	}
	return v
}

func typeCode(v *visitor, code string) *httptest.ResponseRecorder {
	return v.post("/dashboard/sign-in/code", "code", code, "next", "/dashboard/account")
}

func wantSignedIn(t *testing.T, what string, w *httptest.ResponseRecorder, want bool) {
	t.Helper()
	signedIn := w.Code == http.StatusSeeOther && w.Header().Get("Location") == "/dashboard/account"
	if signedIn != want || !want && w.Code != http.StatusUnprocessableEntity {
		t.Errorf("%s: %d to %q, want signed in: %v", what, w.Code, w.Header().Get("Location"), want)
	}
}

func TestPasswordIsFollowedByACode(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	u := h.withCodes("sokha@klaing.example")
	h.Move(time.Minute)

	v := u.password()
	if got := document(t, v.get("/dashboard/sign-in/code")).Find("#code").AttrOr("autocomplete", ""); got != "one-time-code" {
		t.Errorf("the field is %q", got)
	}
	wantSignedIn(t, "no code", typeCode(v, ""), false)
	wantSignedIn(t, "a code of two steps ago", typeCode(v, u.code(-2)), false)
	wantSignedIn(t, "a code of two steps ahead", typeCode(v, u.code(2)), false)
	wantSignedIn(t, "the code", typeCode(v, u.code(0)), true)
	if got := document(t, v.get("/dashboard/account")).Find("main .lead").Text(); got != u.email {
		t.Errorf("signed in as %q", got)
	}
}

func TestCodeIsTakenOnce(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	u := h.withCodes("sokha@klaing.example")
	wantSignedIn(t, "the code that turned it on", typeCode(u.password(), u.code(0)), false)

	h.Move(time.Minute)
	code, before := u.code(0), u.code(-1)
	wantSignedIn(t, "a code", typeCode(u.password(), code), true)
	wantSignedIn(t, "the same code", typeCode(u.password(), code), false)
	wantSignedIn(t, "the code before it", typeCode(u.password(), before), false)
}

func TestSecondStepIsTakenOnce(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	u := h.withCodes("sokha@klaing.example")
	h.Move(time.Minute)
	v := u.password()
	kept := *v.jar["__Secure-rieltime_challenge"]
	wantSignedIn(t, "a code", typeCode(v, u.code(0)), true)

	h.Move(time.Minute)
	thief := h.newVisitor()
	thief.jar[kept.Name] = &kept
	if w := typeCode(thief, u.code(0)); !strings.HasPrefix(w.Header().Get("Location"), "/dashboard/sign-in?") {
		t.Errorf("again: %d to %q", w.Code, w.Header().Get("Location"))
	}

	late := u.password()
	h.Move(users.ChallengeLife)
	if w := typeCode(late, u.code(0)); !strings.HasPrefix(w.Header().Get("Location"), "/dashboard/sign-in?") {
		t.Errorf("too late: %d to %q", w.Code, w.Header().Get("Location"))
	}
	if w := typeCode(h.newVisitor(), u.code(0)); !strings.HasPrefix(w.Header().Get("Location"), "/dashboard/sign-in?") {
		t.Errorf("without a password: %d to %q", w.Code, w.Header().Get("Location"))
	}
}

func TestRecoveryCodeIsTakenOnce(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	u := h.withCodes("sokha@klaing.example")
	typed := strings.ToUpper(strings.ReplaceAll(u.recovery[3], "-", " "))
	v := u.password()
	wantSignedIn(t, "a recovery code", typeCode(v, typed), true)
	wantSignedIn(t, "the same", typeCode(u.password(), u.recovery[3]), false)
	if text := document(t, v.get("/dashboard/account?lang=en")).Text(); !strings.Contains(text, "9 recovery codes are left") {
		t.Error("the page does not say how many are left")
	}

	user, err := h.users.UserByEmail(t.Context(), u.email)
	if err != nil {
		t.Fatal(err)
	}
	used := 0
	for _, entry := range h.trail(user.ID) {
		if entry.Action == "recovery_code.use" && entry.Actor == users.Actor(user.ID) {
			used++
		}
	}
	if used != 1 {
		t.Errorf("%d lines of the audit trail", used)
	}

	other := h.withCodes("dara@klaing.example")
	wantSignedIn(t, "another user's", typeCode(other.password(), u.recovery[4]), false)
	wantRedirect(t, v.post(recoveryPath), recoveryPath)
	wantSignedIn(t, "one that was replaced", typeCode(u.password(), u.recovery[5]), false)
}

func TestCodesCannotBeGuessed(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	u := h.withCodes("sokha@klaing.example")
	h.Move(time.Minute)
	refused := 0
	for range 12 {
		if w := typeCode(u.password(), "000000"); w.Code == http.StatusTooManyRequests && w.Header().Get("Retry-After") != "" {
			refused++
		}
	}
	if refused != 7 {
		t.Errorf("%d of 12 guesses at once were refused", refused)
	}
	if w := typeCode(u.password(), u.code(0)); w.Code != http.StatusTooManyRequests {
		t.Errorf("the right code after them: %d", w.Code)
	}

	known := u.at // the user's own browser is not locked out
	known.post("/dashboard/sign-out")
	if w := known.post("/dashboard/sign-in", "email", u.email, "password", password, "next", "/dashboard/account"); !strings.HasPrefix(w.Header().Get("Location"), "/dashboard/sign-in/code") {
		t.Fatalf("%d to %q", w.Code, w.Header().Get("Location"))
	}
	wantSignedIn(t, "in the user's own browser", typeCode(known, u.code(0)), true)
}

func TestConfirmingNeedsTheCode(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	u := h.withCodes("sokha@klaing.example")
	h.Move(users.RecentLife + time.Minute)
	if w := u.at.post("/dashboard/account/codes/remove"); !strings.HasPrefix(w.Header().Get("Location"), "/dashboard/confirm") {
		t.Fatalf("too long ago: %d to %q", w.Code, w.Header().Get("Location"))
	}
	for _, code := range []string{"", "000000"} {
		if w := u.at.post("/dashboard/confirm", "password", password, "code", code); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("code %q: %d", code, w.Code)
		}
	}
	if w := u.at.post("/dashboard/confirm", "password", password, "code", u.code(0)); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}

	if w := u.at.post("/dashboard/account/codes/remove"); w.Header().Get("Location") != "/dashboard/account?done=codes_removed" {
		t.Fatalf("turn off: %d to %q", w.Code, w.Header().Get("Location"))
	}
	w := h.newVisitor().post("/dashboard/sign-in", "email", u.email, "password", password, "next", "/dashboard/account")
	wantSignedIn(t, "the password alone", w, true)
}

func TestSecretOfAnAppIsShownOnlyBeforeItIsUsed(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	u := h.withCodes("sokha@klaing.example")
	if w := u.at.get("/dashboard/account/codes"); w.Header().Get("Location") != "/dashboard/account" {
		t.Errorf("shown again: %d to %q", w.Code, w.Header().Get("Location"))
	}
	if w := u.at.post("/dashboard/account/codes/new"); w.Code != http.StatusConflict {
		t.Errorf("replaced: %d", w.Code)
	}
}
