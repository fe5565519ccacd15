package db_test

import (
	"path/filepath"
	"testing"

	"rieltime/checkout"
	"rieltime/db"
)

func TestEndpointsMissNoEventThatTheyHear(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rieltime.db")
	store := openAt(t, path, make([]byte, db.KeySize))
	apply(t, store, "https://shop.example/hook")
	end := func(id string) {
		insert(t, store, session(id))
		if _, err := store.Update(t.Context(), id, func(p *checkout.Purchase) error { return p.ExpireNow(start) }); err != nil {
			t.Fatal(err)
		}
	}
	var endpoint string
	if err := raw(t, path).QueryRow("SELECT id FROM webhook_endpoints").Scan(&endpoint); err != nil {
		t.Fatal(err)
	}
	change := func(change func(*checkout.WebhookEndpoint)) {
		if _, err := store.UpdateEndpoint(t.Context(), endpoint, func(e *checkout.WebhookEndpoint) error { change(e); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	end("cs_1")
	change(func(e *checkout.WebhookEndpoint) { e.Disabled = "merchant" })
	end("cs_2")
	change(func(e *checkout.WebhookEndpoint) { e.Disabled = "" })
	end("cs_3")
	change(func(e *checkout.WebhookEndpoint) { e.Events = []checkout.EventType{checkout.EventPaymentSucceeded} })
	end("cs_4")
	change(func(e *checkout.WebhookEndpoint) { e.Description = "of no account" })
	missing := func() (missing int) {
		for _, found := range check(t, path) {
			if found.Check == "every event has a delivery to each endpoint that hears it" {
				missing += found.Broken
			}
		}
		return missing
	}
	if n := missing(); n != 0 {
		t.Errorf("an endpoint that was off and had filters misses %d", n)
	}
	change(func(e *checkout.WebhookEndpoint) { e.Events = []checkout.EventType{checkout.EventSessionExpired} })
	end("cs_5")
	execute(t, path, "DELETE FROM deliveries WHERE event_id = (SELECT id FROM events ORDER BY sequence DESC LIMIT 1)")
	if n := missing(); n != 1 {
		t.Errorf("of one delivery that is gone, %d are missing", n)
	}
}
