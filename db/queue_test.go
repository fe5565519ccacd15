package db_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/db"
)

// deliveries notes what the queue asked to deliver.
type deliveries struct {
	mu    sync.Mutex
	ids   []string
	again time.Duration
	store *db.Store
}

func (d *deliveries) deliver(ctx context.Context, id string) (time.Duration, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ids = append(d.ids, id)
	if d.again > 0 {
		return d.again, nil
	}
	_, err := d.store.RecordAttempt(ctx, checkout.DeliveryAttempt{DeliveryID: id, At: start, Status: 200, Delivered: true})
	return 0, err
}

func (d *deliveries) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.ids)
}

func startQueue(t *testing.T, store *db.Store, d *deliveries) (stop func()) {
	t.Helper()
	stopQueue, err := store.StartQueue(context.Background(), db.Jobs{Deliver: d.deliver})
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := stopQueue(ctx); err != nil {
			t.Error(err)
		}
	}
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

func expire(t *testing.T, store *db.Store, id string) {
	t.Helper()
	if _, err := store.Update(t.Context(), id, func(p *checkout.Purchase) error { return p.ExpireNow(start) }); err != nil {
		t.Fatal(err)
	}
}

func TestEventIsDeliveredOnceToItsEndpoint(t *testing.T) {
	store := open(t)
	apply(t, store, "https://shop.example/hook")
	insert(t, store, session("cs_1"))
	d := &deliveries{store: store}
	defer startQueue(t, store, d)()
	expire(t, store, "cs_1")
	eventually(t, "delivered", func() bool { return d.count() == 1 })
	delivery, err := store.Delivery(t.Context(), d.ids[0])
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "recorded", func() bool {
		delivery, err = store.Delivery(t.Context(), d.ids[0])
		return err == nil && delivery.Done
	})
	if delivery.URL != "https://shop.example/hook" || delivery.Secrets[0].Reveal() != "whsec_c2VjcmV0" || delivery.Attempts != 1 {
		t.Errorf("%+v", delivery)
	}
}

func TestFailedDeliveryIsRetried(t *testing.T) {
	t.Parallel()
	store := open(t)
	apply(t, store, "https://shop.example/hook")
	insert(t, store, session("cs_1"))
	d := &deliveries{store: store, again: time.Millisecond}
	defer startQueue(t, store, d)()
	expire(t, store, "cs_1")
	eventually(t, "tried three times", func() bool { return d.count() >= 3 })
}

func TestDeliveriesSurviveARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rieltime.db")
	first, err := db.Open(t.Context(), db.Options{Path: path, Key: make([]byte, db.KeySize)})
	if err != nil {
		t.Fatal(err)
	}
	apply(t, first, "https://shop.example/hook")
	insert(t, first, session("cs_1"))
	expire(t, first, "cs_1")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second := openAt(t, path, make([]byte, db.KeySize))
	d := &deliveries{store: second}
	defer startQueue(t, second, d)()
	eventually(t, "delivered by the next process", func() bool { return d.count() == 1 })
}

func TestPanicInAJobIsCountedAndEndsNothing(t *testing.T) {
	t.Parallel()
	store := open(t)
	before := checkout.Panics()["job"]
	stop, err := store.StartQueue(context.Background(), db.Jobs{Daily: func(context.Context, time.Time) error { panic("a fault") }})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the panic is counted", func() bool { return checkout.Panics()["job"] > before })
	if err := store.Ready(t.Context()); err != nil {
		t.Error(err)
	}
	if err := stop(t.Context()); err != nil {
		t.Error(err)
	}
}
