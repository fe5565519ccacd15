package db_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/db"
	"rieltime/internal/cambodia"
)

var aDay = time.Date(2026, 11, 28, 0, 0, 0, 0, cambodia.Zone)

// digestsOf are the digests of a feed.
func digestsOf(t testing.TB, store *db.Store, f feed) (all []checkout.PublicEventDigest) {
	t.Helper()
	for _, event := range f.events(t, store) {
		if event.Type != checkout.EventEventsDigest {
			continue
		}
		var body struct {
			ID   string
			Data struct{ Object checkout.PublicEventDigest }
		}
		if err := json.Unmarshal(event.Body, &body); err != nil || body.ID != event.ID {
			t.Errorf("%s, %v", event.Body, err)
		}
		all = append(all, body.Data.Object)
	}
	return all
}

// wantDigest wants the last digest of a feed to be the one of these events.
func (f feed) wantDigest(t testing.TB, store *db.Store, date string, first int, ids ...string) {
	t.Helper()
	all := digestsOf(t, store, f)
	sum := sha256.Sum256([]byte(strings.Join(ids, "\n") + "\n"))
	want := checkout.PublicEventDigest{Object: "event_digest", Date: date, Count: int64(len(ids)),
		FirstSequence: int64(first), LastSequence: int64(first + len(ids) - 1), IDsSHA256: hex.EncodeToString(sum[:])}
	if len(all) == 0 || all[len(all)-1] != want {
		t.Errorf("%v has the digests %+v, want %+v as the last", f, all, want)
	}
}

func digest(t testing.TB, store *db.Store, day time.Time) {
	t.Helper()
	if err := store.DigestEvents(t.Context(), day); err != nil {
		t.Fatal(err)
	}
}

func TestDigestCoversTheEventsSinceTheLastOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rieltime.db")
	now := aDay.AddDate(0, 0, 1).Add(3 * time.Hour)
	store, err := db.Open(t.Context(), db.Options{Path: path, Key: make([]byte, db.KeySize), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	applyFeeds(t, store)
	made := checkout.WebhookEndpoint{ID: "we_1", MerchantID: "klaing", Mode: checkout.ModeTest, URL: "https://shop.example/hook",
		Secret: "whsec_c2VjcmV0", Events: []checkout.EventType{checkout.EveryEvent}, CreatedAt: start}
	if _, err := store.InsertEndpoint(t.Context(), made); err != nil {
		t.Fatal(err)
	}

	f, other, idle := feeds[0], feeds[1], feeds[2]
	night := aDay.AddDate(0, 0, 1)
	f.insert(t, store, aDay, "evt_1")
	other.insert(t, store, aDay.Add(time.Hour), "evt_other")
	f.insert(t, store, night.Add(-time.Millisecond), "evt_2")
	f.insert(t, store, night, "evt_3") // of the next day

	digest(t, store, aDay)
	f.wantDigest(t, store, "2026-11-28", 1, "evt_1", "evt_2")
	other.wantDigest(t, store, "2026-11-28", 1, "evt_other")
	if none := digestsOf(t, store, idle); len(none) > 0 {
		t.Errorf("a feed without events has the digests %+v", none)
	}

	// The next one begins with the event after, and covers the digest as well.
	made1 := f.events(t, store)[3]
	now = now.AddDate(0, 0, 1)
	digest(t, store, night)
	f.wantDigest(t, store, "2026-11-29", 3, "evt_3", made1.ID)

	// A digest alone is not worth another one, which would be made for ever.
	for day := night; day.Before(night.AddDate(0, 0, 4)); day = day.AddDate(0, 0, 1) {
		now = now.AddDate(0, 0, 1)
		digest(t, store, day)
	}
	if n := len(digestsOf(t, store, f)); n != 2 {
		t.Errorf("%d digests of two days", n)
	}
	if n := len(digestsOf(t, store, other)); n != 1 {
		t.Errorf("%d digests of one day", n)
	}

	made2 := f.events(t, store)[4]
	f.insert(t, store, now, "evt_6")
	digest(t, store, now)
	f.wantDigest(t, store, now.Format(time.DateOnly), 5, made2.ID, "evt_6")

	if n := count(t, raw(t, path), "SELECT count(*) FROM deliveries d JOIN events e ON e.id = d.event_id WHERE e.type = 'events.digest'"); n != 3 {
		t.Errorf("%d digests are delivered, want 3", n)
	}
	for _, finding := range check(t, path) {
		if !finding.Note { // the events of the next day came before the digest
			t.Errorf("%+v", finding)
		}
	}
}

func TestDigestOfManyEventsIsReadInPages(t *testing.T) {
	t.Parallel()
	store := open(t)
	applyFeeds(t, store)
	var events []checkout.Event
	var ids []string
	for i := range 2*db.HashedAtOnce + 1 {
		ids = append(ids, fmt.Sprintf("evt_%d", i))
		events = append(events, feeds[0].event(ids[i], start))
	}
	if err := store.InsertEvents(t.Context(), events, func() error { return nil }); err != nil {
		t.Fatal(err)
	}
	digest(t, store, start)
	feeds[0].wantDigest(t, store, "2026-01-02", 1, ids...)
}

// The job may run twice, be late, and run in several processes at once.
func TestDayHasOneDigest(t *testing.T) {
	t.Parallel()
	store := open(t)
	applyFeeds(t, store)
	f := feeds[0]
	f.insert(t, store, aDay, "evt_1")
	var processes sync.WaitGroup
	for range 8 {
		processes.Go(func() {
			if err := store.DigestEvents(t.Context(), aDay); err != nil {
				t.Error(err)
			}
		})
	}
	processes.Wait()
	f.wantDigest(t, store, "2026-11-28", 1, "evt_1")
	f.insert(t, store, aDay.Add(time.Hour), "evt_3") // after its day's digest: of the next one
	digest(t, store, aDay)
	digest(t, store, aDay.AddDate(0, 0, -1))
	if n := len(digestsOf(t, store, f)); n != 1 {
		t.Errorf("%d digests of one day", n)
	}
	made := f.events(t, store)[1]
	digest(t, store, aDay.AddDate(0, 0, 1))
	f.wantDigest(t, store, "2026-11-29", 2, made.ID, "evt_3")
}
