package dashboard_test

import (
	"bytes"
	"image"
	"image/png"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"rieltime/checkout/notices"
	"rieltime/checkout/users"
	"rieltime/handlers"
)

const logoPath = "/dashboard/test/klaing/settings/logo"

// upload sends a file from a page of ours.
func (b *browser) upload(file []byte) *httptest.ResponseRecorder {
	b.h.T.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("logo", "logo.png")
	if err == nil {
		_, err = part.Write(file)
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		b.h.T.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "https://pay.example"+logoPath, &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.send(r)
}

// pngOf is a picture whose pixels are all of one brightness.
func pngOf(t *testing.T, brightness byte) []byte {
	t.Helper()
	var file bytes.Buffer
	picture := image.NewGray(image.Rect(0, 0, 30, 20))
	for i := range picture.Pix {
		picture.Pix[i] = brightness
	}
	if err := png.Encode(&file, picture); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func TestLogoIsUploaded(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	owner := h.as(users.RoleOwner)
	upload := func(brightness byte) string {
		t.Helper()
		wantRedirect(t, owner.upload(append(pngOf(t, brightness), "<script>"...)), "/dashboard/test/klaing/settings?done=logo_saved")
		merchant, err := h.Store.Merchant(t.Context(), "klaing")
		if err != nil || !strings.HasPrefix(merchant.LogoURL, "https://pay.example/logos/shop/klaing/") || len(merchant.ReturnHosts) != 1 {
			t.Fatalf("%+v, %v", merchant, err)
		}
		return strings.TrimPrefix(merchant.LogoURL, "https://pay.example")
	}

	nobody := &browser{h: h}
	first := upload(10)
	w := nobody.get(first)
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "image/png" || w.Header().Get("X-Content-Type-Options") != "nosniff" ||
		!strings.Contains(w.Header().Get("Cache-Control"), "max-age=31536000") || strings.Contains(w.Body.String(), "<script>") {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if w := nobody.get(strings.Replace(first, "klaing", "krama", 1)); w.Code != http.StatusNotFound {
		t.Errorf("as another merchant's: %d", w.Code)
	}

	second := upload(200)
	if before, now := nobody.get(first).Code, nobody.get(second).Code; before != http.StatusNotFound || now != http.StatusOK {
		t.Errorf("the picture before: %d, the one now: %d", before, now)
	}
	if upload(200) != second {
		t.Error("the same picture has another address")
	}
}

func TestNoOtherFileIsALogo(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	owner := h.as(users.RoleOwner)
	large := make([]byte, 300_000)
	for i := range large {
		large[i] = byte(rand.Uint32())
	}
	for name, file := range map[string][]byte{
		"SVG": []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), "HTML": []byte("<html>"), "nothing": nil,
		"more than 200 kB": append(pngOf(t, 1), large[:200_500]...),
	} {
		w := owner.upload(file)
		if w.Code != http.StatusUnprocessableEntity || document(t, w).Find("#logo-problem").Text() == "" {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
	if w := owner.upload(large); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("far more than 200 kB: %d", w.Code)
	}
	if w := owner.post(logoPath, "logo", "text"); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("a form without a file: %d", w.Code)
	}
	if w := owner.post("/dashboard/test/klaing/settings/shop", "name", strings.Repeat("x", 100_000)); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("another form may have as much: %d", w.Code)
	}
	if w := h.as(users.RoleManager).upload(pngOf(t, 1)); w.Code != http.StatusForbidden {
		t.Errorf("a manager: %d", w.Code)
	}
}

// TestLogoIsShownByTheDashboardApart covers a dashboard at an address of its own, whose
// pages may load nothing from the buyers' address.
func TestLogoIsShownByTheDashboardApart(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	_, h.e = handlers.NewApart(handlers.Config{
		Service: h.Service, Verifier: h.Verifier, Store: h.Store, Users: h.users, Notices: notices.NewService(h.Store, h.telegram, h.Clock),
		BaseURL: "https://buyers.example", DashboardURL: "https://pay.example", SessionKey: sessionKey, Now: h.Clock,
	})
	owner := h.as(users.RoleOwner)
	shownOn := func(page string) string {
		src, _ := owner.page("/dashboard/test/klaing/settings" + page).Find(".logo, .merchant img").Attr("src")
		return src
	}
	if before := [2]string{shownOn(""), shownOn("/preview")}; before != [2]string{} {
		t.Errorf("without a logo, the pages show %q", before)
	}
	if w := owner.get(logoPath); w.Code != http.StatusNotFound {
		t.Errorf("without a logo: %d", w.Code)
	}

	owner.upload(pngOf(t, 10))
	for page, want := range map[string]string{"": logoPath, "/preview": logoPath, "/preview?name=New": logoPath, "/preview?logo_url=": "", "/preview?logo_url=https://other.example/a.png": ""} {
		if got := shownOn(page); got != want {
			t.Errorf("settings%s shows %q, want %q", page, got, want)
		}
	}

	// Who may read the settings gets the picture, once.
	w := h.as(users.RoleDeveloper).get(logoPath)
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "image/png" || w.Header().Get("X-Content-Type-Options") != "nosniff" ||
		!strings.HasPrefix(w.Header().Get("Cache-Control"), "private") || !strings.HasPrefix(w.Body.String(), "\x89PNG") {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	ask := func(etag string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "https://pay.example"+logoPath, nil)
		r.Header.Set("If-None-Match", etag)
		return owner.send(r)
	}
	etag := w.Header().Get("ETag")
	if w := ask(etag); w.Code != http.StatusNotModified || w.Body.Len() != 0 {
		t.Errorf("the same picture again: %d with %d bytes", w.Code, w.Body.Len())
	}
	owner.upload(pngOf(t, 200))
	if w := ask(etag); w.Code != http.StatusOK || w.Header().Get("ETag") == etag {
		t.Errorf("another picture: %d %q", w.Code, w.Header().Get("ETag"))
	}

	if w := h.as(users.RoleAccountant).get(logoPath); w.Code != http.StatusForbidden {
		t.Errorf("an accountant: %d", w.Code)
	}
	if w := owner.get(strings.Replace(logoPath, "klaing", "krama", 1)); w.Code != http.StatusNotFound {
		t.Errorf("of another merchant: %d", w.Code)
	}
	if w := (&browser{h: h}).get(logoPath); w.Code != http.StatusSeeOther {
		t.Errorf("without a sign-in: %d", w.Code)
	}
}

// TestLogoOfAnotherMerchantIsNotShown covers a merchant whose settings name the picture
// that another one has uploaded.
func TestLogoOfAnotherMerchantIsNotShown(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	owner := h.as(users.RoleOwner)
	if err := h.Store.InsertLogo(t.Context(), "krama", "theirs", pngOf(t, 10)); err != nil {
		t.Fatal(err)
	}

	for _, address := range []string{"https://pay.example/logos/shop/krama/theirs", "https://pay.example/logos/shop/klaing/theirs", "https://pay.example/logos/shop/klaing/../krama/theirs"} {
		stored, err := h.Store.MerchantSettings(t.Context(), "klaing")
		if err != nil {
			t.Fatal(err)
		}
		spec := stored.Spec()
		spec.Test, spec.Live, spec.LogoURL = nil, nil, address
		if _, err := h.Service.SaveMerchant(t.Context(), h.Store, spec, stored); err != nil {
			t.Fatal(err)
		}
		if w := owner.get(logoPath); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", address, w.Code)
		}
	}
}
