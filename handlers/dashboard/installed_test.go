package dashboard_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"rieltime/checkout/users"
)

func TestDashboardCanBeInstalled(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	nobody := &browser{h: h}
	link, _ := h.as(users.RoleCashier).page(counterPath).Find(`link[rel="manifest"]`).Attr("href")
	w := nobody.get(link)
	var app struct {
		Scope    string `json:"scope"`
		StartURL string `json:"start_url"`
		Icons    []struct{ Src, Sizes string }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &app); err != nil || w.Header().Get("Content-Type") != "application/manifest+json" || app.Scope != "/dashboard" || app.StartURL != "/dashboard" || len(app.Icons) != 2 {
		t.Fatalf("%s: %d %s, %v", link, w.Code, w.Body, err)
	}
	for _, icon := range app.Icons {
		if w := nobody.get(icon.Src); w.Code != http.StatusOK || !strings.HasPrefix(w.Body.String(), "\x89PNG") {
			t.Errorf("%s: %d", icon.Src, w.Code)
		}
	}
}

// The worker's scope ends with the dashboard, and it keeps one page that is nobody's.
func TestServiceWorkerKeepsNothingOfAMerchants(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b, nobody := h.as(users.RoleOwner), &browser{h: h}
	for _, path := range []string{"/dashboard/worker.js", "/dashboard/offline"} {
		own, public := b.get(path), nobody.get(path)
		if own.Code != http.StatusOK || own.Body.String() != public.Body.String() || strings.Contains(own.Body.String(), "Klaing") {
			t.Errorf("%s: %d, and %d for nobody", path, own.Code, public.Code)
		}
	}

	w := nobody.get("/dashboard/worker.js")
	if w.Header().Get("Service-Worker-Allowed") != "/dashboard" || w.Header().Get("Cache-Control") != "no-cache" || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/javascript") {
		t.Errorf("the worker's headers are %v", w.Header())
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(w.Body.String(), "const offline = "), ";\n")
	var kept struct {
		Page  string
		Files []string
	}
	if err := json.Unmarshal([]byte(first), &kept); err != nil || kept.Page != "/dashboard/offline" || len(kept.Files) != 2 {
		t.Fatalf("it keeps %s, %v", first, err)
	}
	for _, file := range kept.Files {
		if w := nobody.get(file); w.Code != http.StatusOK {
			t.Errorf("%s: %d", file, w.Code)
		}
	}
	if got := document(t, nobody.get("/dashboard/offline")).Find("section[lang] a").Length(); got != 3 {
		t.Errorf("%d languages", got)
	}
}
