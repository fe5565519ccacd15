package db_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/db"
)

// hanging has a store begin deliveries that hang until the test ends; begun receives
// their ids. giveUp has it begin no more.
func hanging(t *testing.T, store *db.Store) (begun chan string, giveUp func()) {
	t.Helper()
	begun = make(chan string, 100)
	ended := make(chan struct{})
	stop, err := store.StartQueue(context.Background(), db.Jobs{Deliver: func(_ context.Context, id string) (time.Duration, error) {
		begun <- id
		<-ended
		return 0, nil
	}})
	if err != nil {
		t.Fatal(err)
	}

	gaveUp := false
	t.Cleanup(func() {
		close(ended)
		if gaveUp {
			return
		}
		if err := stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return begun, func() {
		gaveUp = true
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := stop(ctx); err == nil {
			t.Error("nothing is under way")
		}
	}
}

func TestFirstAttemptTakesNoJob(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rieltime.db")
	store := openAt(t, path, make([]byte, db.KeySize))
	apply(t, store, "https://shop.example/hook")
	insert(t, store, session("cs_1"))
	d := &deliveries{store: store}
	defer startQueue(t, store, d)()
	expire(t, store, "cs_1")
	eventually(t, "delivered", func() bool { return d.count() == 1 })
	if n := count(t, raw(t, path), "SELECT count(*) FROM river_job WHERE kind = 'deliver'"); n > 0 {
		t.Errorf("%d jobs for the first attempt", n)
	}
}

// The first attempt has what its change stored, as any later one reads it.
func TestFirstAttemptHasWhatWasStored(t *testing.T) {
	store := open(t)
	apply(t, store, "https://shop.example/hook")
	insert(t, store, session("cs_1"))

	loaded := make(chan [2]checkout.Delivery, 1)
	stop, err := store.StartQueue(t.Context(), db.Jobs{Deliver: func(ctx context.Context, id string) (time.Duration, error) {
		first, err := store.Delivery(ctx, id)
		later, failed := store.Delivery(t.Context(), id)
		loaded <- [2]checkout.Delivery{first, later}
		return 0, errors.Join(err, failed)
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stop(context.Background()) }()

	expire(t, store, "cs_1")
	if both := <-loaded; !reflect.DeepEqual(both[0], both[1]) || len(both[0].Body) == 0 {
		t.Errorf("the first attempt has %+v, a later one %+v", both[0], both[1])
	}
}

func TestDeliveriesThatThereIsNoRoomForAreJobs(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "rieltime.db")
	store := openAt(t, path, make([]byte, db.KeySize))
	apply(t, store, "https://shop.example/hook")
	begun, _ := hanging(t, store)
	const more = 3
	for i := range db.DeliveredAtOnce + more {
		id := fmt.Sprintf("cs_%d", i)
		insert(t, store, session(id))
		expire(t, store, id)
	}
	for range db.DeliveredAtOnce + more {
		select {
		case <-begun:
		case <-time.After(20 * time.Second):
			t.Fatal("a delivery is not begun")
		}
	}
	if n := count(t, raw(t, path), "SELECT count(*) FROM river_job WHERE kind = 'deliver'"); n != more {
		t.Errorf("%d jobs, want %d", n, more)
	}
}

// One that is cut off would count as a failure of the merchant's endpoint.
func TestDeliveriesAreNotCanceledWhenTheServerEnds(t *testing.T) {
	t.Parallel()
	store := open(t)
	apply(t, store, "https://shop.example/hook")
	begun, ended := make(chan context.Context), make(chan struct{})
	defer close(ended)
	stop, err := store.StartQueue(context.Background(), db.Jobs{Deliver: func(ctx context.Context, _ string) (time.Duration, error) {
		begun <- ctx
		<-ended
		return 0, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	var deliveries []context.Context
	for i := range db.DeliveredAtOnce + 1 { // the last is a job
		id := fmt.Sprintf("cs_%d", i)
		insert(t, store, session(id))
		expire(t, store, id)
		deliveries = append(deliveries, <-begun)
	}

	grace, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	if err := stop(grace); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("stopped with deliveries under way: %v", err)
	}
	for i, delivery := range deliveries {
		if delivery.Err() != nil {
			t.Errorf("delivery %d was canceled", i)
		}
	}
}

func TestUndoneChangeDeliversNothing(t *testing.T) {
	t.Parallel()
	store := open(t)
	apply(t, store, "https://shop.example/hook")
	insert(t, store, session("cs_1"))
	begun, _ := hanging(t, store)
	event := func(id string) []checkout.Event {
		return []checkout.Event{{ID: id, Type: checkout.EventSessionExpired, SessionID: "cs_1", MerchantID: "klaing", Mode: checkout.ModeTest, CreatedAt: start, Body: []byte(`{}`)}}
	}
	undone := errors.New("undone")
	for i := range db.DeliveredAtOnce { // what they have reserved is free again
		if err := store.InsertEvents(t.Context(), event(fmt.Sprintf("evt_%d", i)), func() error { return undone }); !errors.Is(err, undone) {
			t.Fatal(err)
		}
	}
	if err := store.InsertEvents(t.Context(), event("evt_made"), func() error { return nil }); err != nil {
		t.Fatal(err)
	}
	delivery, err := store.Delivery(t.Context(), <-begun)
	if err != nil || delivery.EventID != "evt_made" {
		t.Errorf("%s is delivered (%v)", delivery.EventID, err)
	}
}

// What a process was delivering when it ended is delivered by the next one at once,
// before a sweep finds it.
func TestDeliveryOfAKilledProcessIsMadeByTheNext(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "rieltime.db")
	killed := openAt(t, path, make([]byte, db.KeySize))
	apply(t, killed, "https://shop.example/hook")
	insert(t, killed, session("cs_1"))
	begun, giveUp := hanging(t, killed)
	expire(t, killed, "cs_1")
	id := <-begun
	giveUp()

	next, err := db.Open(t.Context(), db.Options{Path: path, Key: make([]byte, db.KeySize), Now: func() time.Time { return start.Add(time.Second) }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = next.Close() }()
	d := &deliveries{store: next}
	defer startQueue(t, next, d)()
	eventually(t, "delivered by the next process", func() bool { return d.count() == 1 })
	if d.ids[0] != id {
		t.Errorf("%s is delivered, want %s", d.ids[0], id)
	}
}
