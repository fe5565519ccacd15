package cmd

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/db"
)

func TestDeliveriesAreListedWithWhyTheyFailed(t *testing.T) {
	folder, key := newDataFolder(t)
	sealing, err := base64.StdEncoding.DecodeString(key)
	if err != nil {
		t.Fatal(err)
	}

	store, err := db.Open(t.Context(), db.Options{Path: filepath.Join(folder, "rieltime.db"), Key: sealing})
	if err != nil {
		t.Fatal(err)
	}

	endpoints, _, err := store.ListEndpoints(t.Context(), "klaing", checkout.ModeTest, checkout.ListPart{Limit: 1})
	if err != nil || len(endpoints) != 1 {
		t.Fatal(endpoints, err)
	}

	service := checkout.NewService(checkout.Config{Store: store, Endpoints: store})
	const why = "The endpoint answered 301: redirects are not followed. Its Location is https://shop.example/hook/"
	for _, attempt := range []checkout.DeliveryAttempt{
		{Status: 301, Error: why, NextAt: time.Now().Add(time.Hour)}, {Status: 204, Delivered: true},
	} {
		delivery, err := service.TestEndpoint(t.Context(), endpoints[0])
		if err != nil {
			t.Fatal(err)
		}

		attempt.DeliveryID, attempt.At = delivery.ID, time.Now()
		if _, err := store.RecordAttempt(t.Context(), attempt); err != nil {
			t.Fatal(err)
		}
	}

	if err := store.Close(); err != nil {
		t.Fatal(err)
	}

	list := func(more ...string) string {
		return mustRun(t, append([]string{"webhook", "deliveries", endpoints[0].ID, "--data", folder, "--key", key}, more...)...)
	}
	if out := list(); !strings.Contains(out, why+"\n") || !strings.Contains(out, "The endpoint answered 204.\n") {
		t.Error(out)
	}

	if out := list("--status", "delivered"); strings.Contains(out, "301") || !strings.Contains(out, "204") {
		t.Error(out)
	}

	if out := list("--limit", "1"); strings.Count(out, "del_") != 1 {
		t.Error(out)
	}

	for _, args := range [][]string{{"we_none"}, {endpoints[0].ID, "--limit", "0"}, {endpoints[0].ID, "--limit", "101"}, {endpoints[0].ID, "--status", "lost"}} {
		if out, err := runCommand(t, append([]string{"webhook", "deliveries", "--data", folder, "--key", key}, args...)...); err == nil {
			t.Errorf("%v: %s", args, out)
		}
	}
}

func TestDoctorSaysWhereAnEndpointRedirects(t *testing.T) {
	server := httptest.NewServer(http.RedirectHandler("/hook/?token=s3cret", http.StatusMovedPermanently))
	defer server.Close()

	folder, key := newDataFolder(t)
	sealing, err := base64.StdEncoding.DecodeString(key)
	if err != nil {
		t.Fatal(err)
	}

	store, err := db.Open(t.Context(), db.Options{Path: filepath.Join(folder, "rieltime.db"), Key: sealing})
	if err != nil {
		t.Fatal(err)
	}

	defer store.Close()

	endpoints, _, err := store.ListEndpoints(t.Context(), "klaing", checkout.ModeTest, checkout.ListPart{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}

	service := checkout.NewService(checkout.Config{Store: store, Endpoints: store})
	if _, err := service.UpdateEndpoint(t.Context(), endpoints[0].ID, checkout.EndpointParams{URL: &server.URL}); err != nil {
		t.Fatal(err)
	}

	noRedirects := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	found := checkEndpoints(t.Context(), store, noRedirects)
	if len(found) != 1 || found[0].verdict != verdictUnknown || !strings.Contains(found[0].what, "Its Location is "+server.URL+"/hook/") || strings.Contains(found[0].what, "s3cret") {
		t.Errorf("%+v", found)
	}
}
