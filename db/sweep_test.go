package db_test

import (
	"path/filepath"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/db"
)

// A delivery whose job is gone is queued again from its own row.
func TestDeliveryWithoutAJobIsQueuedAgain(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "rieltime.db")
	first := openAt(t, path, make([]byte, db.KeySize))
	apply(t, first, "https://shop.example/hook")
	insert(t, first, session("cs_1"))
	expire(t, first, "cs_1")
	execute(t, path, "DELETE FROM river_job")
	store, err := db.Open(t.Context(), db.Options{Path: path, Key: make([]byte, db.KeySize), Now: func() time.Time { return start.Add(time.Hour) }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	d := &deliveries{store: store}
	defer startQueue(t, store, d)()
	eventually(t, "delivered", func() bool { return d.count() == 1 })
}

// A sweep that fails is not retried: another follows within a minute, and the sweeps
// of a busy database would take the place of other jobs.
func TestSweepThatFailsIsNotRetried(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "rieltime.db")
	store := openAt(t, path, make([]byte, db.KeySize))
	execute(t, path, "ALTER TABLE hash_lookups RENAME TO gone")
	defer startQueue(t, store, &deliveries{store: store})()

	file := raw(t, path)
	eventually(t, "the sweep has failed", func() bool {
		return count(t, file, "SELECT count(*) FROM river_job WHERE kind = 'sweep' AND errors IS NOT NULL") > 0
	})
	if n := count(t, file, "SELECT count(*) FROM river_job WHERE kind = 'sweep' AND state <> 'discarded'"); n > 0 {
		t.Errorf("%d failed sweeps are left to be retried", n)
	}
}

// Another merchant and the other mode hear nothing of an event: not when it
// happens, and not when they ask for what they may have missed.
func TestEventsReachOnlyEndpointsOfTheirMerchantAndMode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rieltime.db")
	store := openAt(t, path, make([]byte, db.KeySize))
	apply(t, store, "https://shop.example/hook")
	strangers := []checkout.WebhookEndpoint{
		{ID: "we_live", MerchantID: "klaing", Mode: checkout.ModeLive}, {ID: "we_other", MerchantID: "krama", Mode: checkout.ModeTest},
	}
	_, err := store.ApplyMerchant(t.Context(), checkout.MerchantSetup{
		Merchant: checkout.Merchant{ID: "krama", Name: "Krama", ReturnHosts: []string{"krama.example"}, LatePayments: checkout.LateReview}, At: start,
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range strangers {
		strangers[i].URL, strangers[i].Secret = "https://stranger.example/hook", "whsec_c2VjcmV0"
		strangers[i].Events, strangers[i].CreatedAt = []checkout.EventType{checkout.EveryEvent}, start
		if _, err := store.InsertEndpoint(t.Context(), strangers[i]); err != nil {
			t.Fatal(err)
		}
	}
	insert(t, store, session("cs_1"))
	expire(t, store, "cs_1")
	var heard string
	if err := raw(t, path).QueryRow("SELECT group_concat(DISTINCT endpoint_id) FROM deliveries").Scan(&heard); err != nil || heard != "we_1" {
		t.Errorf("the event was sent to %s (%v), want its merchant's own endpoint", heard, err)
	}
	for _, stranger := range strangers {
		if n, err := store.RedeliverRange(t.Context(), stranger, start.Add(-time.Hour), start.Add(time.Hour), start); err != nil || n != 0 {
			t.Errorf("%s had %d events sent again (%v)", stranger.ID, n, err)
		}
		events, _, err := store.ListEvents(t.Context(), stranger.MerchantID, stranger.Mode, checkout.EventQuery{Limit: 10})
		if err != nil || len(events) != 0 {
			t.Errorf("%s reads %d events (%v)", stranger.ID, len(events), err)
		}
	}
}
