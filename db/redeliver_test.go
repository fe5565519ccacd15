package db_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/db"
	"rieltime/db/dbtest"
)

// A range of many events is queued by a job, in small pieces, not while its
// request and everybody's changes wait.
func TestWhatARedeliveryHasNoTimeForIsAJob(t *testing.T) {
	t.Parallel()
	store, path := filled(t, 300)
	execute(t, path, "UPDATE river_job SET state = 'completed', finalized_at = created_at")
	execute(t, path, `UPDATE deliveries SET status = 'delivered'`)
	endpoint, err := store.Endpoint(t.Context(), "we_1")
	if err != nil {
		t.Fatal(err)
	}
	from := start.AddDate(0, -6, 0)
	if err := store.LeaveRedelivery(t.Context(), endpoint, from, start); err != nil {
		t.Fatal(err)
	}
	file := raw(t, path)
	if n := count(t, file, "SELECT count(*) FROM deliveries WHERE status = 'pending'"); n > 0 {
		t.Errorf("%d were queued at once", n)
	}
	d := &deliveries{store: store}
	defer startQueue(t, store, d)()
	want := count(t, file, "SELECT count(*) FROM events WHERE created_at >= "+millisText(from)+" AND created_at < "+millisText(start))
	eventually(t, "all are sent", func() bool { return d.count() >= want })
	if d.count() != want || want < 100 {
		t.Errorf("%d sent, want %d", d.count(), want)
	}
}

func TestRedeliveryQueuesWhatTheEndpointReceives(t *testing.T) {
	t.Parallel()
	store, path := filled(t, 300)
	file := raw(t, path)
	execute(t, path, "UPDATE deliveries SET status = 'failed'")
	endpoint, err := store.UpdateEndpoint(t.Context(), "we_1", func(e *checkout.WebhookEndpoint) error {
		e.Events = []checkout.EventType{checkout.EventPaymentLate}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	late := count(t, file, "SELECT count(*) FROM events WHERE type = 'payment.late'")
	n, err := store.RedeliverRange(t.Context(), endpoint, start.AddDate(-2, 0, 0), start.AddDate(1, 0, 0), start)
	if pending := count(t, file, "SELECT count(*) FROM deliveries WHERE status = 'pending'"); err != nil || n != late || pending != late || late == 0 {
		t.Errorf("%d counted, %d queued, want %d, %v", n, pending, late, err)
	}
	rest := count(t, file, "SELECT count(*) FROM deliveries WHERE status = 'failed'")
	if n, err := store.RedeliverFailed(t.Context(), "we_1", start); err != nil || n != rest {
		t.Errorf("%d of %d that were given up are queued, %v", n, rest, err)
	}
}

// To disable an endpoint is one small change, whatever waits for it.
func TestManyDeliveriesOfADisabledEndpointAreGivenUpByAndBy(t *testing.T) {
	store, path := filled(t, 300)
	file := raw(t, path)
	execute(t, path, "UPDATE deliveries SET status = 'pending', next_attempt_at = 1")
	all := count(t, file, "SELECT count(*) FROM deliveries")
	_, err := store.UpdateEndpoint(t.Context(), "we_1", func(e *checkout.WebhookEndpoint) error {
		e.Disabled = checkout.DisabledByMerchant
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := count(t, file, "SELECT count(*) FROM deliveries WHERE status = 'pending'"); n != all-db.GivenUpTogether {
		t.Errorf("%d of %d still wait", n, all)
	}
	defer startQueue(t, store, &deliveries{store: store})()
	eventually(t, "the rest is given up", func() bool { return count(t, file, "SELECT count(*) FROM deliveries WHERE status = 'pending'") == 0 })
}

// Retention that is cut off goes on where it was: what it has done is kept.
func TestRetentionGoesOnAfterItIsCutOff(t *testing.T) {
	t.Parallel()
	store, path := filled(t, 300)
	file := raw(t, path)
	all := count(t, file, "SELECT count(*) FROM sessions WHERE closed_at > 0 AND forgotten_at = 0") // those of the last 90 days
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if n, err := store.Forget(ended, start.AddDate(1, 0, 0)); !errors.Is(err, context.Canceled) || n != 0 {
		t.Errorf("%d without time, %v", n, err)
	}
	execute(t, path, "UPDATE payments SET next_check_at = 0")
	half := start.AddDate(0, 0, -45)
	first, err := store.Forget(t.Context(), half)
	if err != nil || first == 0 || first >= all {
		t.Fatalf("%d of %d, %v", first, all, err)
	}
	if rest, err := store.Forget(t.Context(), start.AddDate(1, 0, 0)); err != nil || first+rest != all {
		t.Errorf("%d and %d, want %d together, %v", first, rest, all, err)
	}
	if n := count(t, file, "SELECT count(*) FROM sessions WHERE customer <> '{}'"); n > 0 {
		t.Errorf("%d customers are known still", n)
	}
}

// A delivery is sent again after months, and the clock is far off for a while: what its
// row tells of its last attempt is then not when the others were.
func TestAllAttemptsThatAreKeptAreFound(t *testing.T) {
	t.Parallel()
	store, set := openAtTime(t, dbtest.Options(t))
	apply(t, store, "https://shop.example/hook")
	id := attempted(t, store, "1", start)
	times := []time.Duration{400 * 24 * time.Hour, 60 * 24 * time.Hour, 430 * 24 * time.Hour, 460 * 24 * time.Hour, -90 * 24 * time.Hour, -time.Hour, time.Hour}
	for i, after := range times {
		at := start.Add(after)
		set(at)
		again, err := store.Redeliver(t.Context(), id, at)
		if err != nil || len(again.Attempts) != i+1 {
			t.Fatalf("%d attempts before the one at %v, %v", len(again.Attempts), at, err)
		}
		delivery, err := store.Delivery(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		attempt := checkout.DeliveryAttempt{DeliveryID: id, Generation: delivery.Generation, At: at, Status: 200, Delivered: true}
		if _, err := store.RecordAttempt(t.Context(), attempt); err != nil {
			t.Fatal(err)
		}
	}

	record, err := store.DeliveryRecord(t.Context(), id)
	if err != nil || len(record.Attempts) != len(times)+1 {
		t.Errorf("%d attempts, %v", len(record.Attempts), err)
	}
	listed, _, err := store.ListDeliveries(t.Context(), checkout.DeliveryQuery{EndpointID: record.EndpointID, ListPart: checkout.ListPart{Limit: 100}})
	if err != nil || len(listed) == 0 {
		t.Fatal(len(listed), err)
	}
	for _, delivery := range listed {
		if delivery.ID == id && len(delivery.Attempts) != len(times)+1 {
			t.Errorf("%d attempts are listed", len(delivery.Attempts))
		}
	}
}
