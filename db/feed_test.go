package db_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/db"
	"rieltime/db/dbtest"
)

var errRolledBack = errors.New("rolled back")

// feed is a merchant's events of one mode.
type feed struct {
	merchantID string
	mode       checkout.Mode
}

// feeds are of two merchants, one of which has both modes.
var feeds = []feed{{"klaing", checkout.ModeTest}, {"klaing", checkout.ModeLive}, {"noodles", checkout.ModeTest}}

func applyFeeds(t testing.TB, store *db.Store) {
	t.Helper()
	for _, id := range []string{"klaing", "noodles"} {
		if _, err := store.ApplyMerchant(t.Context(), checkout.MerchantSetup{Merchant: checkout.Merchant{ID: id, Name: id, LatePayments: checkout.LateReview}, At: start}); err != nil {
			t.Fatal(err)
		}
	}
}

func (f feed) event(id string, at time.Time) checkout.Event {
	kind := checkout.EventPaymentSucceeded
	return checkout.Event{ID: id, MerchantID: f.merchantID, Mode: f.mode, Type: kind, CreatedAt: at, Body: fmt.Appendf(nil, `{"id":%q,"type":%q}`, id, kind)}
}

// insert stores an event for each of the ids.
func (f feed) insert(t testing.TB, store *db.Store, at time.Time, ids ...string) {
	t.Helper()
	for _, id := range ids {
		if err := store.InsertEvents(t.Context(), []checkout.Event{f.event(id, at)}, func() error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
}

// events are all of a feed.
func (f feed) events(t testing.TB, store *db.Store) []checkout.Event {
	t.Helper()
	all, _, err := store.ListEvents(t.Context(), f.merchantID, f.mode, checkout.EventQuery{Limit: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func (f feed) wantNumbered(t testing.TB, store *db.Store, ids ...string) {
	t.Helper()
	var got []string
	for i, event := range f.events(t, store) {
		if event.Sequence != int64(i+1) {
			t.Errorf("%v: event %s has number %d, want %d", f, event.ID, event.Sequence, i+1)
		}
		got = append(got, event.ID)
	}
	if !slices.Equal(got, ids) {
		t.Errorf("%v has %v, want %v", f, got, ids)
	}
}

func TestEventsAreNumberedPerMerchantAndMode(t *testing.T) {
	store := open(t)
	applyFeeds(t, store)
	for i, f := range feeds {
		f.insert(t, store, start, fmt.Sprintf("evt_a%d", i))
	}
	feeds[0].insert(t, store, start, "evt_b", "evt_c")
	feeds[0].wantNumbered(t, store, "evt_a0", "evt_b", "evt_c")
	feeds[1].wantNumbered(t, store, "evt_a1")
	feeds[2].wantNumbered(t, store, "evt_a2")
}

func TestRollbackLeavesNoGapInAFeed(t *testing.T) {
	store := open(t)
	applyFeeds(t, store)
	f := feeds[0]
	f.insert(t, store, start, "evt_1")
	lost := []checkout.Event{f.event("evt_2", start), f.event("evt_3", start)}
	if err := store.InsertEvents(t.Context(), lost, func() error { return errRolledBack }); !errors.Is(err, errRolledBack) {
		t.Fatal(err)
	}
	f.insert(t, store, start, "evt_4")
	f.wantNumbered(t, store, "evt_1", "evt_4")
}

// Writers that pause, and some that fail, between the number of an event and the
// commit: a reader that keeps the number of the last event it has seen, and an
// endpoint that is made meanwhile, miss none of what comes after.
func TestReadersOfAFeedMissNoEventOfManyWriters(t *testing.T) {
	const writers, eventsEach, readersOfAFeed = 64, 10, 3
	options := dbtest.Options(t)
	stores := [2]*db.Store{openWith(t, options), openWith(t, options)} // their connections share nothing
	store := stores[0]
	applyFeeds(t, store)

	var writing, reading sync.WaitGroup
	var committed [3]atomic.Int64
	ended := make(chan struct{})
	for writer := range writers {
		writing.Go(func() {
			of := writer % len(feeds)
			for n := range eventsEach {
				event := feeds[of].event(fmt.Sprintf("evt_%d_%d", writer, n), time.Now())
				insert := func() error {
					return stores[writer%2].InsertEvents(t.Context(), []checkout.Event{event}, func() error {
						time.Sleep(rand.N(2 * time.Millisecond))
						if rand.N(8) == 0 {
							return errRolledBack
						}
						return nil
					})
				}
				err := insert()
				for errors.Is(err, checkout.ErrBusy) {
					err = insert() // nothing was stored: one pool had the database for long
				}
				switch {
				case err == nil:
					committed[of].Add(1)
				case !errors.Is(err, errRolledBack):
					t.Error(err)
				}
			}
		})
	}

	seen := make([][]string, len(feeds)*readersOfAFeed)
	for reader := range seen {
		reading.Go(func() { seen[reader] = follow(t, stores[reader/len(feeds)%2], feeds[reader%len(feeds)], ended) })
	}

	for range 5 {
		time.Sleep(rand.N(10 * time.Millisecond))
		made := checkout.WebhookEndpoint{ID: checkout.NewDeliveryID(), MerchantID: "klaing", Mode: checkout.ModeTest, URL: "https://shop.example/hook",
			Secret: "whsec_c2VjcmV0", Events: []checkout.EventType{checkout.EveryEvent}, CreatedAt: start}
		if _, err := store.InsertEndpoint(t.Context(), made); err != nil {
			t.Fatal(err)
		}
		defer wantAllFromOneOn(t, store, made.ID)
	}

	writing.Wait()
	close(ended)
	reading.Wait()
	for reader, ids := range seen {
		f, want := feeds[reader%len(feeds)], int(committed[reader%len(feeds)].Load())
		if len(ids) != want || want == 0 {
			t.Errorf("a reader of %v saw %d events, want %d", f, len(ids), want)
		}
		f.wantNumbered(t, store, ids...)
	}
}

// follow reads a feed by its numbers, in pages, until it has ended; it returns the
// ids of the events.
func follow(t *testing.T, store *db.Store, f feed, ended <-chan struct{}) (ids []string) {
	var last int64
	for complete := false; ; {
		page, more, err := store.ListEvents(t.Context(), f.merchantID, f.mode, checkout.EventQuery{AfterSequence: last, Limit: 1 + rand.N(20)})
		if err != nil {
			t.Error(err)
			return ids
		}
		for _, event := range page {
			if event.Sequence != last+1 {
				t.Errorf("a reader of %v saw %d after %d", f, event.Sequence, last)
			}
			last = event.Sequence
			ids = append(ids, event.ID)
		}

		if complete && !more {
			return ids
		}
		select {
		case <-ended:
			complete = true // after one more look
		default:
			time.Sleep(rand.N(time.Millisecond))
		}
	}
}

// wantAllFromOneOn fails unless an endpoint of the first feed has a delivery of
// each of its events from some number on.
func wantAllFromOneOn(t *testing.T, store *db.Store, endpointID string) {
	var delivered []string
	query := checkout.DeliveryQuery{EndpointID: endpointID, ListPart: checkout.ListPart{Limit: 100}}
	for more := true; more; {
		page, goesOn, err := store.ListDeliveries(t.Context(), query)
		if err != nil {
			t.Error(err)
			return
		}
		for _, delivery := range page {
			delivered = append(delivered, delivery.EventID)
			query.StartingAfter = delivery.ID
		}
		more = goesOn
	}

	all := feeds[0].events(t, store)
	for _, event := range all[max(0, len(all)-len(delivered)):] {
		if !slices.Contains(delivered, event.ID) {
			t.Errorf("the endpoint has %d of %d events, but not %d", len(delivered), len(all), event.Sequence)
		}
	}
}
