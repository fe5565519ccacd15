//go:build postgres

package db_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
	"rieltime/checkout/verifier"
	"rieltime/db"
	"rieltime/db/dbtest"
)

// serverOptions are those of a database with settings for its connections.
func serverOptions(t *testing.T, settings ...string) db.Options {
	t.Helper()
	options := dbtest.Fresh(t)
	address, err := url.Parse(options.URL)
	if err != nil {
		t.Fatal(err)
	}
	query := address.Query()
	for i := 0; i < len(settings); i += 2 {
		query.Set(settings[i], settings[i+1])
	}
	address.RawQuery = query.Encode()
	options.URL = address.String()
	return options
}

// reasons counts what a store reports.
type reasons struct {
	mu     sync.Mutex
	counts map[string]int
}

func (r *reasons) add(reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.counts == nil {
		r.counts = map[string]int{}
	}
	r.counts[reason]++
}

func (r *reasons) of(reason string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.counts[reason]
}

// Each change is undone once: what its first try left in memory must not show.
func TestChangesThatAreUndoneLeaveNothingOfTheirFirstTry(t *testing.T) {
	t.Parallel()
	options := serverOptions(t)
	options.BeforeCommit = dbtest.UndoFirstTry
	var retried reasons
	options.Retried = retried.add
	r := newReplicasOf(t, options)

	purchase := r.paid("tx")
	for range 2 {
		_, err := r.processes[1].Refund(t.Context(), "klaing", checkout.ModeTest, checkout.RefundParams{
			Payment: purchase.Latest().ID, Amount: "1.00", Reason: "broken cup", ByHand: &checkout.ByHand{By: "Bopha"},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if after := r.reload(purchase); len(after.Refunds) != 2 || after.Latest().Refunded != 200 {
		t.Errorf("%d refunds, %d counted", len(after.Refunds), after.Latest().Refunded)
	}

	endpoints, _, err := r.stores[0].ListEndpoints(t.Context(), "klaing", checkout.ModeTest, checkout.ListPart{Limit: 1})
	if err != nil || len(endpoints) != 1 {
		t.Fatal(endpoints, err)
	}
	events := r.events("")
	counted, err := r.stores[0].RedeliverRange(t.Context(), endpoints[0], start.Add(-time.Hour), start.Add(time.Hour), start.Add(time.Minute))
	if err != nil || counted != events {
		t.Errorf("%d of %d events are sent again, %v", counted, events, err)
	}
	deliveries, _, err := r.stores[0].ListDeliveries(t.Context(), checkout.DeliveryQuery{EndpointID: endpoints[0].ID, ListPart: checkout.ListPart{Limit: 100}})
	if err != nil || len(deliveries) != events {
		t.Fatal(len(deliveries), err)
	}
	for _, delivery := range deliveries {
		if !delivery.NextAttemptAt.Equal(start.Add(time.Minute)) {
			t.Errorf("%s of %s is not sent again", delivery.ID, delivery.EventType)
		}
	}

	for range 3 {
		r.paid(checkout.NewReference())
	}
	if forgotten, err := r.stores[0].Forget(t.Context(), start.Add(time.Hour)); err != nil || forgotten != 4 {
		t.Errorf("%d of 4 sessions are forgotten, %v", forgotten, err)
	}
	if retried.of("serialization") == 0 {
		t.Error("nothing was undone")
	}
}

func TestDeadlocksAreRetriedAndCounted(t *testing.T) {
	t.Parallel()
	options := serverOptions(t, "deadlock_timeout", "20")
	var retried, failed reasons
	options.Retried, options.Failed = retried.add, failed.add
	store := openWith(t, options)
	applyFeeds(t, store)

	var group sync.WaitGroup
	var made atomic.Int64
	for writer := range 2 {
		group.Go(func() {
			for end := time.Now().Add(20 * time.Second); retried.of("deadlock") == 0 && time.Now().Before(end); {
				first, second := feeds[writer], feeds[1-writer]
				events := []checkout.Event{first.event(checkout.NewDeliveryID(), start), second.event(checkout.NewDeliveryID(), start)}
				if err := store.InsertEvents(t.Context(), events, func() error { return nil }); err != nil {
					t.Error(err)
				}
				made.Add(1)
			}
		})
	}
	group.Wait()
	if retried.of("deadlock") == 0 || failed.of("deadlock") > 0 {
		t.Errorf("%d deadlocks were retried, %d changes failed by one", retried.of("deadlock"), failed.of("deadlock"))
	}
	if n := len(feeds[0].events(t, store)); int64(n) != made.Load() {
		t.Errorf("%d of %d changes were made", n, made.Load())
	}
}

// A file is applied while the quotas of the merchant's accounts change, which
// queries do several times a second: neither waits for what the other holds.
func TestApplyingAMerchantDeadlocksWithNoQuota(t *testing.T) {
	t.Parallel()
	options := serverOptions(t, "deadlock_timeout", "20")
	var retried reasons
	options.Retried = retried.add
	r := newReplicasOf(t, options)
	account := r.accountOf("klaing")
	r.opened("klaing")

	r.atOnce(func(writer int, store *db.Store, process checkouttest.Process) error {
		switch writer % 4 {
		case 0, 1:
			spec, err := checkout.ParseMerchantSpec([]byte(`{"id":"klaing","name":"Shop","return_hosts":["shop.example"],
				"test":{"providers":{"bank":{}},"webhook_url":"https://shop.example/hook"}}`))
			if err != nil {
				return err
			}
			_, err = process.ApplyMerchant(t.Context(), store, spec)
			return err

		case 2:
			batch := question(start.Add(time.Hour), 1)
			batch.AccountID = account.ID
			_, err := store.LeaseDue(t.Context(), batch)
			return err

		default:
			return store.UpdateQuota(t.Context(), account.ID, func(q *verifier.Quota) { q.Queries++ })
		}
	})
	if n := retried.of("deadlock"); n > 0 {
		t.Errorf("%d deadlocks", n)
	}
}

func TestLockThatIsHeldTooLongEndsInBusy(t *testing.T) {
	t.Parallel()
	options := serverOptions(t, "lock_timeout", "300")
	var failed reasons
	options.Failed = failed.add
	store := openWith(t, options)
	applyFeeds(t, store)
	insert(t, store, session("cs_1"))

	held, release, ended := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		ended <- store.InsertEvents(t.Context(), []checkout.Event{feeds[0].event("evt_1", start)}, func() error {
			close(held)
			<-release
			return nil
		})
	}()
	<-held

	begun := time.Now()
	err := store.InsertEvents(t.Context(), []checkout.Event{feeds[0].event("evt_2", start)}, func() error { return nil })
	if took := time.Since(begun); !errors.Is(err, checkout.ErrBusy) || took > 10*time.Second || failed.of("lock_timeout") != 1 {
		t.Errorf("after %v: %v, %d counted", took, err, failed.of("lock_timeout"))
	}
	if _, err := store.Glance(t.Context(), "cs_1"); err != nil {
		t.Errorf("a poll waits for it: %v", err)
	}
	if _, err := store.Purchase(t.Context(), "cs_1"); err != nil {
		t.Errorf("a page waits for it: %v", err)
	}

	close(release)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	feeds[0].wantNumbered(t, store, "evt_1")
}

// cutter is a proxy before the server that loses a commit, or its answer, and the
// connection with it.
type cutter struct {
	network, address string
	losesCommit      atomic.Bool // the next one
	losesAnswer      atomic.Bool // of the next commit
	lost             atomic.Int64
}

// behindCutter leads options through a cutter.
func behindCutter(t *testing.T, options *db.Options) *cutter {
	t.Helper()
	config, err := pgx.ParseConfig(options.URL)
	if err != nil {
		t.Fatal(err)
	}
	c := &cutter{}
	c.network, c.address = pgconn.NetworkAddress(config.Host, config.Port)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go c.serve(client)
		}
	}()

	user := url.User(config.User)
	if config.Password != "" {
		user = url.UserPassword(config.User, config.Password)
	}
	address := url.URL{Scheme: "postgres", User: user, Host: listener.Addr().String(), Path: "/" + config.Database, RawQuery: "sslmode=disable"}
	options.URL = address.String()
	return c
}

func (c *cutter) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial(c.network, c.address)
	if err != nil {
		return
	}
	defer server.Close()

	var cut atomic.Bool
	go func() {
		defer client.Close()
		relay(server, client, func([]byte) bool { return !cut.Load() })
	}()
	relay(client, server, func(sent []byte) bool {
		if !bytes.Contains(sent, []byte("\x0bcommit\x00")) { // the query with its length, not a setting's name
			return true
		}
		if c.losesCommit.CompareAndSwap(true, false) {
			c.lost.Add(1)
			return false
		}
		if c.losesAnswer.CompareAndSwap(true, false) {
			c.lost.Add(1)
			cut.Store(true)
		}
		return true
	})
}

// relay copies what may pass, and ends at what may not.
func relay(from, to net.Conn, mayPass func([]byte) bool) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil || !mayPass(buffer[:n]) {
			return
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

func TestLostCommitIsNeverRepeatedBlindly(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(*cutter){
		"the commit": func(c *cutter) { c.losesCommit.Store(true) },
		"its answer": func(c *cutter) { c.losesAnswer.Store(true) },
	} {
		t.Run(name, func(t *testing.T) {
			options := serverOptions(t)
			c := behindCutter(t, &options)
			var failed reasons
			options.Failed = failed.add
			r := newReplicasOf(t, options)
			process := r.processes[0]
			purchase := r.opened("klaing")
			payment := *purchase.Latest()
			params := checkouttest.SessionParams()
			seeded := checkout.WithIdempotentRequest(t.Context(), checkout.IdempotentRequest{
				MerchantID: "klaing", Mode: checkout.ModeTest, Key: "k", Operation: "POST /v1/refunds", ContentHash: "h", Seed: make([]byte, 32),
			})

			for i, do := range []func() error{
				func() error {
					_, err := process.CreateSession(t.Context(), "klaing", checkout.ModeTest, params)
					return err
				},
				func() error { return process.Apply(t.Context(), payment, paidBy(payment, "tx")) },
				func() error {
					_, err := process.Refund(seeded, "klaing", checkout.ModeTest, checkout.RefundParams{
						Payment: payment.ID, Amount: "1.00", Reason: "broken cup", ByHand: &checkout.ByHand{By: "Bopha"},
					})
					return err
				},
			} {
				lose(c)
				if err := do(); !errors.Is(err, checkout.ErrBusy) || !errors.Is(err, db.ErrOutcomeUnknown) {
					t.Errorf("change %d: %v", i, err)
				}
				if n := c.lost.Load(); n != int64(i+1) || failed.of("outcome_unknown") != i+1 {
					t.Errorf("%d commits were lost, %d counted, after %d changes", n, failed.of("outcome_unknown"), i+1)
				}
				if err := do(); err != nil { // whoever asked repeats it
					t.Errorf("change %d, repeated: %v", i, cause(err))
				}
			}

			sessions, _, err := r.stores[0].ListSessions(context.Background(), "klaing", checkout.ModeTest,
				checkout.SessionQuery{Reference: params.Reference, ListPart: checkout.ListPart{Limit: 10}})
			if err != nil || len(sessions) != 1 {
				t.Errorf("%d sessions, %v", len(sessions), err)
			}
			after := r.reload(purchase)
			if after.Session.Status != checkout.SessionComplete || len(after.Payments) != 1 || r.events(checkout.EventSessionCompleted) != 1 {
				t.Errorf("the session is %s with %d payments and %d events", after.Session.Status, len(after.Payments), r.events(checkout.EventSessionCompleted))
			}
			if len(after.Refunds) != 1 || after.Latest().Refunded != 100 {
				t.Errorf("%d refunds, %d counted", len(after.Refunds), after.Latest().Refunded)
			}
		})
	}
}

// A page that is opened while an answer is recorded has its payment queried soon: the
// change does not write the old time over the new one.
func TestOpenedPageIsNotForgottenByAChangeBesideIt(t *testing.T) {
	t.Parallel()
	store := openWith(t, dbtest.Fresh(t))
	apply(t, store, "")
	slow := payment("pay_1", "cs_1")
	slow.CheckedAt, slow.NextCheckAt = start, start.Add(time.Hour)
	insert(t, store, session("cs_1"), slow)

	viewed := make(chan error, 1)
	_, err := store.Update(t.Context(), "cs_1", func(p *checkout.Purchase) error {
		go func() { viewed <- store.MarkViewed(t.Context(), []string{"pay_1"}, start, 2*time.Second) }()
		select {
		case err := <-viewed: // it did not wait for this change
			viewed <- err
		case <-time.After(300 * time.Millisecond):
		}

		p.Payments[0].FailureMessage = "changed"
		return nil
	})
	if err := errors.Join(err, <-viewed); err != nil {
		t.Fatal(err)
	}

	got, err := store.Payment(t.Context(), "pay_1")
	if err != nil || got.FailureMessage != "changed" || !got.NextCheckAt.Equal(start.Add(2*time.Second)) {
		t.Errorf("%q, queried next at %v, want %v; %v", got.FailureMessage, got.NextCheckAt, start.Add(2*time.Second), err)
	}
}
