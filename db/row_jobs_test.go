package db_test

import (
	"context"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/db"
)

// sender delivers as the webhook sender does. It announces each attempt, and
// makes it when it is told to.
type sender struct {
	store *db.Store
	begun chan string // a delivery's id
	taken chan bool   // whether the endpoint takes it
}

func newSender(t *testing.T, store *db.Store) *sender {
	t.Helper()
	s := &sender{store: store, begun: make(chan string, 10), taken: make(chan bool, 10)}
	stop, err := store.StartQueue(context.Background(), db.Jobs{Deliver: s.deliver})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		close(s.taken)
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *sender) deliver(ctx context.Context, id string) (time.Duration, error) {
	d, err := s.store.Delivery(ctx, id)
	if err != nil || d.Done {
		return 0, err
	}
	s.begun <- id
	took := <-s.taken
	attempt := checkout.DeliveryAttempt{DeliveryID: id, Generation: d.Generation, At: start, Status: 200, Delivered: took}
	if !took {
		attempt.Status, attempt.NextAt = 500, start.Add(time.Hour)
	}
	_, err = s.store.RecordAttempt(ctx, attempt)
	if took {
		return 0, err
	}
	return time.Hour, err
}

// next is the delivery that is begun next.
func (s *sender) next(t *testing.T) string {
	t.Helper()
	select {
	case id := <-s.begun:
		return id
	case <-time.After(20 * time.Second): // the sweep would come after a minute at the earliest
		t.Fatal("nothing is delivered")
		return ""
	}
}

func oneDelivery(t *testing.T) (*db.Store, *sender) {
	t.Helper()
	store := open(t)
	apply(t, store, "https://shop.example/hook")
	insert(t, store, session("cs_1"))
	s := newSender(t, store)
	expire(t, store, "cs_1")
	return store, s
}

func redeliver(t *testing.T, store *db.Store, id string) {
	t.Helper()
	if _, err := store.Redeliver(t.Context(), id, start); err != nil {
		t.Fatal(err)
	}
}

func wantDelivered(t *testing.T, store *db.Store, id string, attempts int) {
	t.Helper()
	var record checkout.DeliveryRecord
	eventually(t, "delivered", func() (done bool) {
		var err error
		record, err = store.DeliveryRecord(t.Context(), id)
		return err == nil && record.Status == checkout.DeliveryDelivered && len(record.Attempts) == attempts
	})
}

func TestRedeliveryRightAfterADeliveryIsMadeAtOnce(t *testing.T) {
	t.Parallel()
	store, s := oneDelivery(t)
	id := s.next(t)
	for attempts := 1; attempts <= 3; attempts++ {
		s.taken <- true
		wantDelivered(t, store, id, attempts)
		redeliver(t, store, id) // River may not have marked the job as done
		if again := s.next(t); again != id {
			t.Errorf("%s is delivered, want %s", again, id)
		}
	}
}

func TestRedeliveryDuringADeliveryIsMadeBesideIt(t *testing.T) {
	t.Parallel()
	for name, taken := range map[string]bool{"which is taken": true, "which fails": false} {
		t.Run(name, func(t *testing.T) {
			store, s := oneDelivery(t)
			id := s.next(t)
			if err := store.RedeliverAtOnce(t.Context(), id, start, 2); err != nil { // of two the second adds nothing
				t.Fatal(err)
			}
			s.next(t)
			s.taken <- taken
			eventually(t, "the first attempt", func() bool {
				record, err := store.DeliveryRecord(t.Context(), id)
				return err == nil && len(record.Attempts) == 1
			})
			s.taken <- true
			wantDelivered(t, store, id, 2)
			select {
			case <-s.begun:
				t.Error("it is delivered a third time")
			default:
			}
		})
	}
}

func TestRefundIsQueriedAgainWhenItsNoticeArrivesDuringAQuery(t *testing.T) {
	t.Parallel()
	store := open(t)
	pendingRefund(t, store)
	asked, answered := make(chan bool, 10), make(chan bool)
	stop, err := store.StartQueue(context.Background(), db.Jobs{CheckRefund: func(context.Context, string, string) (time.Duration, error) {
		asked <- true
		<-answered
		return 6 * time.Hour, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		close(answered)
		if err := stop(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	refund, err := store.Refund(t.Context(), "re_1")
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := store.WakeRefund(t.Context(), refund); err != nil {
			t.Fatal(err)
		}
		select {
		case <-asked:
		case <-time.After(20 * time.Second):
			t.Fatal("it is not asked about")
		}
	}
}
