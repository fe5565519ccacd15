package db_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/db"
)

// refundAsker notes which refunds the queue asked about.
type refundAsker struct {
	mu    sync.Mutex
	asked []string
	again time.Duration
}

func (a *refundAsker) check(_ context.Context, sessionID, refundID string) (time.Duration, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked = append(a.asked, sessionID+" "+refundID)
	return a.again, nil
}

func (a *refundAsker) times() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.asked)
}

func (a *refundAsker) start(t *testing.T, store *db.Store) (stop func()) {
	t.Helper()
	stopQueue, err := store.StartQueue(context.Background(), db.Jobs{CheckRefund: a.check})
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

// pendingRefund stores a paid session with a refund that waits for its
// provider.
func pendingRefund(t *testing.T, store *db.Store) {
	t.Helper()
	apply(t, store, "")
	insert(t, store, session("cs_1"), payment("pay_1", "cs_1"))
	ask(t, store, "re_1", nil)
}

func ask(t *testing.T, store *db.Store, id string, byHand *checkout.ByHand) {
	t.Helper()
	_, err := store.Update(t.Context(), "cs_1", func(p *checkout.Purchase) error {
		if p.Payments[0].Proof == nil {
			proof := checkout.Proof{Provider: p.Payments[0].Provider, TransactionID: "tx", Amount: p.Payments[0].Amount, SeenAt: start}
			p.Payments[0].Proof, p.Payments[0].Status, p.Payments[0].ClosedAt = &proof, checkout.PaymentSucceeded, start
		}
		return p.RequestRefund(id, checkout.RefundParams{Payment: "pay_1", Amount: "0.10", Reason: "x", ByHand: byHand, RequestedBy: "key_1"}, start)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestRefundComesBackAsItWasStored(t *testing.T) {
	store := open(t)
	pendingRefund(t, store)
	ask(t, store, "re_2", &checkout.ByHand{By: "Bopha", Note: "cash"})
	purchase, err := store.Purchase(t.Context(), "cs_1")
	if err != nil {
		t.Fatal(err)
	}
	if len(purchase.Refunds) != 2 || purchase.Payments[0].Refunded != 20 {
		t.Fatalf("refunds %+v, refunded %d", purchase.Refunds, purchase.Payments[0].Refunded)
	}
	pending, byHand := purchase.Refund("re_1"), purchase.Refund("re_2")
	if pending.Status != checkout.RefundPending || pending.ByHand != nil || pending.Reference == "" || pending.RequestedBy != "key_1" || !pending.CreatedAt.Equal(start) || !pending.ClosedAt.IsZero() {
		t.Errorf("pending %+v", pending)
	}
	if byHand.Status != checkout.RefundSucceeded || byHand.ByHand == nil || byHand.ByHand.Note != "cash" || byHand.Reference != "" || !byHand.ClosedAt.Equal(start) {
		t.Errorf("by hand %+v", byHand)
	}
	alone, err := store.Refund(t.Context(), "re_1")
	if err != nil || alone.Reference != pending.Reference || alone.Amount != pending.Amount {
		t.Errorf("alone %+v, %v", alone, err)
	}
}

func TestNoticeOfARefundIsReturned(t *testing.T) {
	store := open(t)
	pendingRefund(t, store)
	denied := start.Add(time.Hour)
	_, err := store.Update(t.Context(), "cs_1", func(p *checkout.Purchase) error {
		p.RecordRefundAnswer("re_1", checkout.RefundAnswer{Verdict: checkout.VerdictPending, ProviderID: "r-1"}, start.Add(time.Minute))
		p.RecordRefundAnswer("re_1", checkout.RefundAnswer{Verdict: checkout.VerdictClosed}, denied)
		p.RecordRefundAnswer("re_1", checkout.RefundAnswer{Verdict: checkout.VerdictClosed}, denied.Add(10*time.Minute))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	refund, err := store.Refund(t.Context(), "re_1")
	if err != nil || refund.Status != checkout.RefundPending || refund.TransactionID != "r-1" || !refund.AcknowledgedAt.Equal(start.Add(time.Minute)) ||
		!refund.MissingSince.Equal(denied) || !refund.UnresolvedAt.Equal(denied.Add(10*time.Minute)) {
		t.Errorf("%+v, %v", refund, err)
	}
}

// A refund that is pending again has a job again that asks about it.
func TestReopenedRefundIsQueried(t *testing.T) {
	t.Parallel()
	store := open(t)
	pendingRefund(t, store)
	hear := func(verdict checkout.Verdict, after time.Duration) {
		t.Helper()
		_, err := store.Update(t.Context(), "cs_1", func(p *checkout.Purchase) error {
			p.RecordRefundAnswer("re_1", checkout.RefundAnswer{Verdict: verdict}, start.Add(after))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	hear(checkout.VerdictClosed, time.Minute)
	hear(checkout.VerdictClosed, time.Hour) // never received, it seems
	asker := &refundAsker{}
	stop := asker.start(t, store) // nothing more to ask: its job is done with
	eventually(t, "asked about a last time", func() bool { return asker.times() == 1 })
	stop()
	hear(checkout.VerdictPending, 2*time.Hour)
	defer asker.start(t, store)()
	eventually(t, "asked about again", func() bool { return asker.times() == 2 })
}

func TestPendingRefundIsQueriedUntilItsResult(t *testing.T) {
	t.Parallel()
	store := open(t) // its clock stands in the past: what is queued for soon is due
	pendingRefund(t, store)
	ask(t, store, "re_2", &checkout.ByHand{By: "Bopha"})
	asker := &refundAsker{again: time.Millisecond}
	stop := asker.start(t, store)
	eventually(t, "asked three times", func() bool { return asker.times() >= 3 })
	stop()
	for _, asked := range asker.asked {
		if asked != "cs_1 re_1" {
			t.Errorf("asked about %s", asked)
		}
	}
}

func TestRefundWithANoticeIsQueriedAtOnce(t *testing.T) {
	store, err := db.Open(t.Context(), db.Options{Path: filepath.Join(t.TempDir(), "rieltime.db"), Key: make([]byte, db.KeySize)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	pendingRefund(t, store) // long ago: it is asked about in hours
	purchase, err := store.Purchase(t.Context(), "cs_1")
	if err != nil {
		t.Fatal(err)
	}
	if err := store.WakeRefund(t.Context(), purchase.Refunds[0]); err != nil {
		t.Fatal(err)
	}
	asker := &refundAsker{}
	defer asker.start(t, store)()
	eventually(t, "asked about", func() bool { return asker.times() == 1 })
}

func TestPendingRefundWithoutAJobIsQueuedAgain(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "rieltime.db")
	first := openAt(t, path, make([]byte, db.KeySize))
	pendingRefund(t, first)
	raw, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := raw.ExecContext(t.Context(), "DELETE FROM river_job"); err != nil {
		t.Fatal(err)
	}
	if err := raw.Close(); err != nil {
		t.Fatal(err)
	}
	store, err := db.Open(t.Context(), db.Options{Path: path, Key: make([]byte, db.KeySize), Now: func() time.Time { return start.Add(time.Hour) }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	asker := &refundAsker{}
	defer asker.start(t, store)()
	eventually(t, "asked about again", func() bool { return asker.times() == 1 })
}
