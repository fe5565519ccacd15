//go:build postgres

package db_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"rieltime/checkout"
	"rieltime/db"
	"rieltime/db/dbtest"
)

// listening counts the connections on which a replica listens for jobs.
const listening = "SELECT count(*)::text FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN %'"

// delivering runs the jobs of a store, which looks so often for what is not announced,
// and counts its deliveries.
func delivering(t *testing.T, store *db.Store, pollEvery time.Duration) *atomic.Int32 {
	t.Helper()
	var delivered atomic.Int32
	work(t, store, db.Jobs{PollEvery: pollEvery, Deliver: func(context.Context, string) (time.Duration, error) {
		delivered.Add(1)
		return 0, nil
	}})
	return &delivered
}

// twoReplicas opens a database as two replicas. It has an open session.
func twoReplicas(t *testing.T, options db.Options) (one, other *db.Store) {
	t.Helper()
	one, other = openWith(t, options), openWith(t, options)
	apply(t, one, "https://shop.example/hook")
	insert(t, one, session("cs_1"))
	return one, other
}

func TestJobStartsAtAnotherReplicaBeforeItPolls(t *testing.T) {
	t.Parallel()
	options := dbtest.Fresh(t)
	one, other := twoReplicas(t, options)
	delivered := delivering(t, other, time.Hour)
	eventually(t, "the replica listens", func() bool { return text(t, options.URL, listening) == "1" })

	expire(t, one, "cs_1")
	eventually(t, "the job is announced and done", func() bool { return delivered.Load() == 1 })
}

func TestReplicaThatWasCutOffListensAgain(t *testing.T) {
	t.Parallel()
	options := dbtest.Fresh(t)
	one, other := twoReplicas(t, options)
	delivered := delivering(t, other, time.Hour)
	eventually(t, "the replica listens", func() bool { return text(t, options.URL, listening) == "1" })

	const listener = "SELECT coalesce(max(pid), 0)::text FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN %'"
	before := text(t, options.URL, listener)
	change(t, options.URL, "SELECT pg_terminate_backend("+before+")")
	eventually(t, "the replica listens again", func() bool {
		now := text(t, options.URL, listener)
		return now != "0" && now != before
	})

	expire(t, one, "cs_1")
	eventually(t, "the job is announced and done", func() bool { return delivered.Load() == 1 })
}

func TestJobWhoseAnnouncementIsLostIsFound(t *testing.T) {
	t.Parallel()
	options := dbtest.Fresh(t)
	one, other := twoReplicas(t, options)
	expire(t, one, "cs_1")
	change(t, options.URL, "UPDATE river_job SET state = 'completed', finalized_at = now() WHERE kind = 'deliver'")
	delivered := delivering(t, other, 0)
	eventually(t, "the replica listens", func() bool { return text(t, options.URL, listening) == "1" })

	change(t, options.URL, "UPDATE river_job SET state = 'available', finalized_at = NULL WHERE kind = 'deliver'") // announces nothing
	eventually(t, "the job is found", func() bool { return delivered.Load() == 1 })
}

func TestOnlyCommittedJobsAreAnnounced(t *testing.T) {
	t.Parallel()
	options := dbtest.Fresh(t)
	options.BeforeCommit = nil
	store, _ := twoReplicas(t, options)
	endpoint, err := store.Endpoint(t.Context(), "we_1")
	if err != nil {
		t.Fatal(err)
	}
	conn := listen(t, options.URL)

	undone := errors.New("undone")
	if err := store.InsertEvents(t.Context(), []checkout.Event{expired("evt_1")}, func() error { return undone }); !errors.Is(err, undone) {
		t.Fatal(err)
	}
	for range 2 { // the second is announced after all that the first was announced with
		if err := store.LeaveRedelivery(t.Context(), endpoint, start, start.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if got := notification(t, conn); got != `{"queue":"default"}` {
			t.Errorf("announced %s after a change that was undone", got)
		}
	}

	if err := store.InsertEvents(t.Context(), []checkout.Event{expired("evt_1")}, func() error { return nil }); err != nil {
		t.Fatal(err)
	}
	if got := notification(t, conn); got != `{"queue":"webhooks"}` {
		t.Errorf("announced %s", got)
	}
}

func TestTransactionsNotifyNobody(t *testing.T) {
	options := dbtest.Fresh(t)
	store, _ := twoReplicas(t, options)
	store.StopAnnouncing()
	conn := listen(t, options.URL)

	if err := store.InsertEvents(t.Context(), []checkout.Event{expired("evt_1")}, func() error { return nil }); err != nil {
		t.Fatal(err)
	}
	change(t, options.URL, `NOTIFY "public.river_insert", 'after'`)
	if got := notification(t, conn); got != "after" {
		t.Errorf("the transaction that queues a job notifies %s", got)
	}
}

func expired(id string) checkout.Event {
	return checkout.Event{ID: id, Type: checkout.EventSessionExpired, SessionID: "cs_1", MerchantID: "klaing", Mode: checkout.ModeTest, CreatedAt: start, Body: []byte(`{}`)}
}

// listen returns a connection that receives what workers are told.
func listen(t *testing.T, server string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), server)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	if _, err := conn.Exec(t.Context(), `LISTEN "public.river_insert"`); err != nil {
		t.Fatal(err)
	}
	return conn
}

func notification(t *testing.T, conn *pgx.Conn) (payload string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	received, err := conn.WaitForNotification(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return received.Payload
}

func TestReplicaBehindAPoolerPolls(t *testing.T) {
	t.Parallel()
	direct := dbtest.Fresh(t)
	one, other := twoReplicas(t, dbtest.Pooled(t, direct))
	delivered := delivering(t, other, 0)
	expire(t, one, "cs_1")
	eventually(t, "the job is found", func() bool { return delivered.Load() == 1 })
	if got := text(t, direct.URL, listening); got != "0" {
		t.Errorf("%s connections of the pooler listen", got)
	}
}
