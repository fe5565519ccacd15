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

	"rieltime/checkout/users"
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
