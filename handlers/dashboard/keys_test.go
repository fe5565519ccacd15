package dashboard_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"rieltime/checkout"
	"rieltime/checkout/users"
)

const keysPath = "/dashboard/test/klaing/keys"

// key makes a key of a merchant.
func (h *harness) key(merchant string, mode checkout.Mode) checkout.APIKey {
	h.T.Helper()
	_, key, err := checkout.CreateKey(h.T.Context(), h.Store, checkout.KeyParams{MerchantID: merchant, Mode: mode}, h.Clock())
	if err != nil {
		h.T.Fatal(err)
	}
	return key
}

// storedKey finds a key by its text.
func (h *harness) storedKey(text string) checkout.APIKey {
	h.T.Helper()
	key, err := h.Store.APIKey(h.T.Context(), checkout.HashAPIKey(text))
	if err != nil {
		h.T.Fatalf("%q: %v", text, err)
	}
	return key
}

// secretPage follows a form that has made a secret to the page that shows it.
func (b *browser) secretPage(w *httptest.ResponseRecorder) *goquery.Document {
	b.h.T.Helper()
	to := w.Header().Get("Location")
	if w.Code != http.StatusSeeOther || !strings.HasSuffix(to, "/secret") {
		b.h.T.Fatalf("%d to %q: %s", w.Code, to, w.Body)
	}
	return b.page(to)
}

// TestSecretIsShownOnce covers the page of a new secret, whose form makes one however often
// the page is loaded again.
func TestSecretIsShownOnce(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b, other := h.as(users.RoleDeveloper), h.as(users.RoleDeveloper)
	make := func() string {
		t.Helper()
		return b.post(keysPath, "name", "Till", "scopes", "read").Header().Get("Location")
	}
	shown := func(b *browser, page string) bool {
		t.Helper()
		return b.page(page).Find("input[readonly]").Length() == 1
	}

	before, err := h.Store.LatestKeys(t.Context(), "klaing", checkout.ModeTest, 10)
	if err != nil {
		t.Fatal(err)
	}
	first := make()
	if shown(other, first) || shown(h.as(users.RoleOwner), first) {
		t.Error("shown in another sign-in")
	}
	if !shown(b, first) || shown(b, first) {
		t.Error("not shown once")
	}
	if keys, err := h.Store.LatestKeys(t.Context(), "klaing", checkout.ModeTest, 10); len(keys) != len(before)+1 || err != nil {
		t.Errorf("%d keys after %d and four loads, %v", len(keys), len(before), err)
	}

	late := make()
	h.Move(users.ShownSecretLife)
	if shown(b, late) {
		t.Error("shown too late")
	}
}

func TestKeyIsMadeReplacedAndRevoked(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(users.RoleDeveloper)
	b.page(keysPath + "/new")

	made := b.secretPage(b.post(keysPath, "name", "Till", "scopes", "read", "scopes", "write", "addresses", "203.0.113.7\r\n198.51.100.0/24", "expires", "2026-05-01"))
	text, _ := made.Find("input[readonly]").Attr("value")
	key := h.storedKey(text)
	if key.Name != "Till" || len(key.Scopes) != 2 || len(key.Addresses) != 2 || key.Mode != checkout.ModeTest || key.MerchantID != "klaing" ||
		!key.ExpiresAt.Equal(time.Date(2026, 4, 30, 17, 0, 0, 0, time.UTC)) {
		t.Errorf("made %+v", key)
	}

	if page := b.get(keysPath).Body.String(); strings.Contains(page, text) || !strings.Contains(page, key.Hint) {
		t.Error("the list shows the key, or does not show its end")
	}

	form := b.page(keysPath + "/" + key.ID + "/rotate")
	if expires, _ := form.Find("#expires").Attr("value"); expires != "2026-05-01" {
		t.Errorf("the new key would expire on %q", expires)
	}

	rotated := b.secretPage(b.post(keysPath+"/"+key.ID+"/rotate", "overlap", "3600", "expires", ""))
	newText, _ := rotated.Find("input[readonly]").Attr("value")
	after := h.storedKey(newText)
	if before := h.storedKey(text); before.ExpiresAt.Sub(h.Clock()) != time.Hour || after.Name != "Till" || len(after.Scopes) != 2 || !after.ExpiresAt.IsZero() {
		t.Errorf("replaced %+v by %+v", before, after)
	}

	wantRedirect(t, b.post(keysPath+"/"+after.ID+"/revoke"), keysPath+"?done=key_revoked")
	if err := h.storedKey(newText).Usable(netip.MustParseAddr("203.0.113.7"), h.Clock()); err == nil {
		t.Error("a revoked key works")
	}

	h.wantActor("key.revoke", after.ID, users.RoleDeveloper)
}

func TestWrongKeyIsRefusedAtItsField(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(users.RoleDeveloper)
	for field, fields := range map[string][]string{
		"scopes":    {"name", "Till"},
		"addresses": {"scopes", "read", "addresses", "everywhere"},
		"expires":   {"scopes", "read", "expires", "2020-01-01"},
		"name":      {"scopes", "read", "name", strings.Repeat("x", 300)},
	} {
		w := b.post(keysPath, fields...)
		if w.Code != http.StatusUnprocessableEntity || document(t, w).Find("#"+field+"-problem").Text() == "" {
			t.Errorf("%s: %d", field, w.Code)
		}
	}

	key := h.key("klaing", checkout.ModeTest)
	for _, overlap := range []string{"", "-1", "999999999999", "soon"} {
		if w := b.post(keysPath+"/"+key.ID+"/rotate", "overlap", overlap); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("an overlap of %q: %d", overlap, w.Code)
		}
	}
}

func TestKeysOfOthersAreUnknown(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(users.RoleOwner)
	for _, key := range []checkout.APIKey{h.key("krama", checkout.ModeTest), h.key("klaing", checkout.ModeLive)} {
		path := keysPath + "/" + key.ID
		for _, code := range []int{b.get(path + "/secret").Code, b.get(path + "/rotate").Code, b.post(path+"/rotate", "overlap", "0").Code, b.post(path + "/revoke").Code} {
			if code != http.StatusNotFound {
				t.Errorf("%s of %s: %d", key.Mode, key.MerchantID, code)
			}
		}

		if page := b.get(keysPath).Body.String(); strings.Contains(page, key.ID) {
			t.Errorf("the list shows a key of %s in %s mode", key.MerchantID, key.Mode)
		}

		if after, err := h.Store.Key(t.Context(), key.ID); err != nil || !after.RevokedAt.IsZero() || !after.ExpiresAt.IsZero() {
			t.Errorf("now %+v, %v", after, err)
		}
	}
}

// TestKeysAndSecretsNeedARecentProof covers every form that makes or shows a secret.
func TestKeysAndSecretsNeedARecentProof(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b := h.as(users.RoleOwner)
	endpoint, key := h.endpoint("klaing", checkout.ModeTest), h.key("klaing", checkout.ModeTest)
	h.Move(users.RecentLife)

	for _, path := range []string{
		keysPath, keysPath + "/" + key.ID + "/rotate", keysPath + "/" + key.ID + "/revoke",
		webhooksPath, webhooksPath + "/" + endpoint.ID + "/rotate",
	} {
		w := b.post(path, "url", "https://shop.example/hook", "events", "*", "scopes", "read", "overlap", "0")
		if to := w.Header().Get("Location"); w.Code != http.StatusSeeOther || !strings.HasPrefix(to, "/dashboard/confirm?next=") {
			t.Errorf("%s: %d to %q", path, w.Code, to)
		}
	}
}
