package cmd

import (
	"encoding/base64"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/gorilla/sessions"
	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/checkout/users"
	"rieltime/db"
	"rieltime/handlers"
)

// settingsHarness is a server with the documented merchant file, and its owner's
// browser.
type settingsHarness struct {
	*testing.T
	*app
	e      *echo.Echo
	cookie *http.Cookie
}

func openApp(t *testing.T) *app {
	t.Helper()
	flags := dataFlags{databaseFlags: databaseFlags{Data: t.TempDir()}, Key: checkout.Secret(base64.StdEncoding.EncodeToString(newKey()))}
	app, err := flags.open(t.Context(), "https://pay.example", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = app.store.Close() })
	return app
}

// documentedFile is docs/merchant.yaml with the addresses of providers that nothing
// answers at, so that nobody is asked.
func documentedFile(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../docs/merchant.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer(
		"https://api-bakong.nbc.gov.kh", "https://127.0.0.1:1", "https://sit-api-bakong.nbc.gov.kh", "http://127.0.0.1:1",
		"https://api.baray.io", "https://127.0.0.1:1", "https://gateway.kess.example", "https://127.0.0.1:1", "eyJhbGciOi…", "eyJhbGciOi",
	).Replace(string(text))
}

func newSettingsHarness(t *testing.T) *settingsHarness {
	t.Helper()
	h := &settingsHarness{T: t, app: openApp(t)}
	if _, err := h.applyMerchant(t.Context(), []byte(documentedFile(t))); err != nil {
		t.Fatal(err)
	}

	people, sessionKey := users.NewService(h.store, h.store.Now), []byte(strings.Repeat("k", 32))
	h.e = handlers.New(handlers.Config{
		Service: h.service, Verifier: h.verifier, Store: h.store, Users: people, BaseURL: h.baseURL, SessionKey: sessionKey, Now: h.store.Now,
	})
	owner, err := people.CreateUser(t.Context(), users.User{Email: "owner@coffee.example"}, map[string]users.Role{"coffee": users.RoleOwner})
	if err != nil {
		t.Fatal(err)
	}

	token, err := people.StartSignIn(t.Context(), owner.ID, users.MethodPassword, users.Client{})
	if err != nil {
		t.Fatal(err)
	}

	session, _ := sessions.NewCookieStore(sessionKey).New(httptest.NewRequest(http.MethodGet, "/", nil), "__Secure-rieltime_dashboard")
	session.Values["token"] = token.Reveal()
	w := httptest.NewRecorder()
	if err := session.Save(httptest.NewRequest(http.MethodGet, "/", nil), w); err != nil {
		t.Fatal(err)
	}

	h.cookie = w.Result().Cookies()[0]
	return h
}

func (h *settingsHarness) send(method, path string, form url.Values) *httptest.ResponseRecorder {
	h.Helper()
	r := httptest.NewRequest(method, "https://pay.example"+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", echo.MIMEApplicationForm)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.AddCookie(h.cookie)
	w := httptest.NewRecorder()
	h.e.ServeHTTP(w, r)
	return w
}

// form gets a page and returns what its form would send.
func (h *settingsHarness) form(path string) (url.Values, string) {
	h.Helper()
	w := h.send(http.MethodGet, path, nil)
	text := w.Body.String()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(text))
	if err != nil || w.Code != http.StatusOK {
		h.Fatalf("%s: %d %s, %v", path, w.Code, text, err)
	}
	return sent(doc.Find("form.stack").First()), text
}

// sent is what a browser sends of a form.
func sent(form *goquery.Selection) url.Values {
	values := url.Values{}
	form.Find("input[name], textarea, select").Each(func(_ int, field *goquery.Selection) {
		value, _ := field.Attr("value")
		_, checked := field.Attr("checked")
		switch {
		case goquery.NodeName(field) == "textarea":
			value = field.Text()
		case goquery.NodeName(field) == "select":
			value, _ = field.Find("option[selected]").Attr("value")
		case field.AttrOr("type", "") == "checkbox" && !checked:
			return
		}

		values.Add(field.AttrOr("name", ""), value)
	})
	return values
}

func (h *settingsHarness) settings() checkout.MerchantSettings {
	h.Helper()
	settings, err := h.store.MerchantSettings(h.Context(), "coffee")
	if err != nil {
		h.Fatal(err)
	}
	return settings
}

// wantSame fails unless the settings are what they were.
func (h *settingsHarness) wantSame(what string, before checkout.MerchantSettings) {
	h.Helper()
	after := h.settings()
	setup := checkout.MerchantSetup{Merchant: after.Merchant}
	for mode, of := range after.Modes {
		one := checkout.ModeSetup{Mode: mode, Endpoint: checkout.WebhookEndpoint{URL: of.WebhookURL}}
		for _, account := range of.Accounts {
			if account.Enabled {
				one.Accounts = append(one.Accounts, account.Account)
			}
		}

		setup.Modes = append(setup.Modes, one)
	}

	if changes := setup.Changes(before); after.Version != before.Version || len(changes) != 0 {
		h.Errorf("%s: version %d became %d, changed: %v", what, before.Version, after.Version, changes)
	}
}

// secretsOfFile are those of the documented file.
var secretsOfFile = []string{"eyJhbGciOi", "your-api-key", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "your-client-secret", "your-password", "your-api-secret-key", "0123456789abcdef0123456789abcdef"}

func TestExportedFileIsAppliedWithoutAChange(t *testing.T) {
	h := newSettingsHarness(t)
	before := h.settings()
	for _, secrets := range []string{"sealed", "plain", "none"} {
		text, err := exportMerchant(t.Context(), h.store, "coffee", secrets)
		if err != nil {
			t.Fatal(err)
		}

		for _, secret := range secretsOfFile {
			if strings.Contains(string(text), secret) != (secrets == "plain") {
				t.Errorf("%s: contains %q: %v", secrets, secret, secrets != "plain")
			}
		}

		_, err = h.applyMerchant(t.Context(), text)
		if (err != nil) != (secrets == "none") {
			t.Errorf("%s: %v", secrets, err)
		}

		h.wantSame(secrets, before)
		if secrets == "sealed" {
			if _, err := openApp(t).applyMerchant(t.Context(), text); err == nil || !strings.Contains(err.Error(), "exported by another server") {
				t.Errorf("another server says %v", err)
			}
		}
	}
}

// TestFormsOfEveryProviderKeepEverySetting enters what the documented file has, and saves
// the forms unchanged.
func TestFormsOfEveryProviderKeepEverySetting(t *testing.T) {
	h := newSettingsHarness(t)
	before := h.settings()
	for _, account := range before.Modes[checkout.ModeLive].Accounts {
		path := "/dashboard/live/coffee/settings/providers/" + account.Provider
		values, page := h.form(path)
		for _, secret := range secretsOfFile {
			if strings.Contains(page, secret) {
				t.Errorf("%s shows the secret %q", path, secret)
			}
		}

		if w := h.send(http.MethodPost, path, values); w.Code != http.StatusOK {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}

		h.wantSame(account.Provider+" saved unchanged", before)

		// In test mode it is set up by hand with the same values, secrets too.
		path = "/dashboard/test/coffee/settings/providers/" + account.Provider
		empty, _ := h.form(path)
		for name, value := range values {
			if name != "_version" {
				empty[name] = value
			}
		}

		for name, secret := range plainSecrets(t, account.Settings) {
			empty.Set(name, secret)
		}

		empty.Del("_clear.token")
		if account.Provider == "baray" {
			empty.Set("target", "UAT")
		}

		if w := h.send(http.MethodPost, path, empty); w.Code != http.StatusOK {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}

		made, _ := h.settings().Modes[checkout.ModeTest].Account(account.Provider)
		if entered := plainSecrets(t, made.Settings); !made.Enabled || !maps.Equal(entered, plainSecrets(t, account.Settings)) {
			t.Errorf("%s: enabled %v, with other secrets", account.Provider, made.Enabled)
		}

		now, _ := h.form(path)
		now.Del("_version")
		empty.Del("_version")
		for name, value := range now {
			if want := empty[name]; !slices.Equal(value, want) && strings.Join(value, "") != "" {
				t.Errorf("%s: %s is %q, entered as %q", account.Provider, name, value, want)
			}
		}

		before = h.settings()
	}

	values, _ := h.form("/dashboard/test/coffee/settings/shop")
	if w := h.send(http.MethodPost, "/dashboard/test/coffee/settings/shop", values); w.Code != http.StatusSeeOther {
		t.Errorf("the shop: %d %s", w.Code, w.Body)
	}

	h.wantSame("the shop saved unchanged", before)
}

// plainSecrets are the secrets of settings by name.
func plainSecrets(t *testing.T, settings []byte) map[string]string {
	t.Helper()
	secrets := map[string]string{}
	for _, registered := range registry() {
		names := secretNames(registered.describe().Info().Settings)
		_, err := changeSettings(settings, "", names, func(at, text string) (string, error) {
			secrets[strings.TrimPrefix(at, ".")] = text
			return text, nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}

	return secrets
}

func TestSecondOfTwoWhoSaveSettingsIsRefused(t *testing.T) {
	h := newSettingsHarness(t)
	const shop, provider = "/dashboard/live/coffee/settings/shop", "/dashboard/live/coffee/settings/providers/bayopay"
	first, _ := h.form(shop)
	second, _ := h.form(shop)
	third, _ := h.form(provider)

	first.Set("support_contact", "012 345 678")
	if w := h.send(http.MethodPost, shop, first); w.Code != http.StatusSeeOther {
		t.Fatalf("the first: %d %s", w.Code, w.Body)
	}

	second.Set("name", "Another Name")
	w := h.send(http.MethodPost, shop, second)
	if w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "Another Name") {
		t.Errorf("the second: %d", w.Code)
	}

	third.Set("channel", "other")
	if w := h.send(http.MethodPost, provider, third); w.Code != http.StatusConflict {
		t.Errorf("the third: %d", w.Code)
	}

	for _, version := range []string{"", "0", "x", "999"} {
		first.Set("_version", version)
		if w := h.send(http.MethodPost, shop, first); w.Code != http.StatusConflict {
			t.Errorf("version %q: %d", version, w.Code)
		}
	}

	after := h.settings()
	if account, _ := after.Modes[checkout.ModeLive].Account("bayopay"); after.Merchant.Name != "Coffee Klaing" || strings.Contains(string(account.Settings), "other") {
		t.Errorf("saved nevertheless: %+v", after.Merchant)
	}
}

func TestSavedSettingsAreInTheAuditTrailWithoutSecrets(t *testing.T) {
	h := newSettingsHarness(t)
	const provider = "/dashboard/live/coffee/settings/providers/bayopay"
	values, _ := h.form(provider)
	const secret = "fedcba9876543210fedcba9876543210"
	values.Set("niaga_key", secret)
	w := h.send(http.MethodPost, provider, values)
	if w.Code != http.StatusOK || strings.Contains(w.Body.String(), secret) || !strings.Contains(w.Body.String(), "https://pay.example/callbacks/bayopay/acct_") {
		t.Errorf("%d, or the secret is shown, or no address to register: %s", w.Code, w.Body)
	}

	values, _ = h.form(provider)
	if w := h.send(http.MethodPost, provider+"/disable", values); w.Code != http.StatusSeeOther {
		t.Errorf("disable: %d %s", w.Code, w.Body)
	}

	trail, err := h.store.AuditTrail(t.Context(), db.AuditQuery{Object: "coffee", Limit: 100})
	if err != nil || len(trail) < 2 {
		t.Fatalf("%d lines, %v", len(trail), err)
	}

	saved, disabled := trail[len(trail)-2], trail[len(trail)-1]
	if !strings.HasPrefix(saved.Actor, "user:usr_") || saved.Action != "merchant.apply" || !strings.Contains(string(saved.Detail), `["live.providers.bayopay.niaga_key"]`) {
		t.Errorf("saving is told as %+v %s", saved, saved.Detail)
	}

	if !strings.Contains(string(disabled.Detail), "live.providers.bayopay") || strings.Contains(string(saved.Detail)+string(disabled.Detail), secret) {
		t.Errorf("disabling is told as %s", disabled.Detail)
	}

	account, _ := h.settings().Modes[checkout.ModeLive].Account("bayopay")
	if account.Enabled || !strings.Contains(string(account.Settings), secret) {
		t.Error("the provider is enabled, or its settings are lost")
	}
}

func TestWrongSettingsAreRefusedAtTheirFields(t *testing.T) {
	h := newSettingsHarness(t)
	before := h.settings()
	for _, test := range []struct{ page, field, value string }{
		{"shop", "name", ""}, {"shop", "accent", "green"}, {"shop", "return_hosts", ""}, {"shop", "return_hosts", "https://shop.example"}, {"shop", "terms_url", "http://shop.example"},
		{"providers/bakong", "qr_life_seconds", "many"}, {"providers/bakong", "qr_life_seconds", "7000"}, {"providers/bakong", "settlement_accounts", "nobody"},
		{"providers/kess", "setting.background_color", "green"}, {"providers/baray", "target", "UAT"}, {"providers/bayopay", "less_than", "<b>x</b>"},
	} {
		path := "/dashboard/live/coffee/settings/" + test.page
		values, _ := h.form(path)
		values.Set(test.field, test.value)
		w := h.send(http.MethodPost, path, values)
		doc, err := goquery.NewDocumentFromReader(w.Body)
		if err != nil {
			t.Fatal(err)
		}

		if w.Code != http.StatusUnprocessableEntity || doc.Find("[id='"+test.field+"-problem']").Text() == "" || doc.Find("main b").Length() != 0 {
			t.Errorf("%s %s %q: %d %s", test.page, test.field, test.value, w.Code, doc.Find(".problem").Text())
		}
	}

	h.wantSame("refused", before)
}
