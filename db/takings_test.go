package db_test

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
	"rieltime/db"
	"rieltime/db/dbtest"
	"rieltime/internal/cambodia"
)

// takingsOf lists a store's takings of klaing around its clock's day.
func takingsOf(t testing.TB, store *db.Store, by checkout.TakingsPart) []checkout.Takings {
	t.Helper()
	day := cambodia.DayOf(start)
	takings, err := store.Takings(t.Context(), "klaing", checkout.ModeTest, checkout.TakingsQuery{From: day - 1, To: day + 1, By: by})
	if err != nil {
		t.Fatal(err)
	}
	return takings
}

// severalPaid has three payments: one taken and partly given back, one late, one late and
// accepted.
func severalPaid(t testing.TB, store *db.Store) {
	t.Helper()
	apply(t, store, "")
	paid(t, store, "1")
	for _, id := range []string{"2", "3"} {
		insert(t, store, session("cs_"+id), payment("pay_"+id, "cs_"+id))
		_, err := store.Update(t.Context(), "cs_"+id, func(p *checkout.Purchase) error {
			if err := p.ExpireNow(start); err != nil {
				return err
			}
			proof := proofOf(p.Payments[0])
			proof.TransactionID, proof.PaidAt = "tx_"+id, start.Add(time.Hour)
			p.Settle("pay_"+id, proof, start)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}

	for id, change := range map[string]func(*checkout.Purchase) error{
		"cs_1": func(p *checkout.Purchase) error {
			return p.RequestRefund("re_1", checkout.RefundParams{Payment: "pay_1", Amount: "0.40", Reason: "x", ByHand: &checkout.ByHand{By: "Bopha"}}, start)
		},
		"cs_3": func(p *checkout.Purchase) error {
			return p.Decide("pay_3", checkout.ReviewDecision{Decision: checkout.DecisionAccept, By: "key_1", At: start}, "")
		},
	} {
		if _, err := store.Update(t.Context(), id, change); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTakingsAddUpByPart(t *testing.T) {
	t.Parallel()
	store := open(t)
	severalPaid(t, store)
	want := checkout.Takings{
		Currency: checkout.USD, Taken: checkout.Sum{Minor: 2000, Count: 2}, InReview: checkout.Sum{Minor: 1000, Count: 1}, Refunded: checkout.Sum{Minor: 40, Count: 1},
	}
	byDay, byHour, byMethod := want, want, want
	byDay.Day, byHour.Hour, byMethod.Provider, byMethod.Method = cambodia.DayOf(start), start.In(cambodia.Zone).Hour(), "bakong", "khqr"
	for by, want := range map[checkout.TakingsPart]checkout.Takings{checkout.TakingsByDay: byDay, checkout.TakingsByHour: byHour, checkout.TakingsByMethod: byMethod} {
		if got := takingsOf(t, store, by); !reflect.DeepEqual(got, []checkout.Takings{want}) {
			t.Errorf("by %s: %+v, want %+v", by, got, want)
		}
	}
	if live, err := store.Takings(t.Context(), "klaing", checkout.ModeLive, checkout.TakingsQuery{To: 1 << 30, By: checkout.TakingsByDay}); err != nil || len(live) > 0 {
		t.Errorf("in live mode: %+v, %v", live, err)
	}
}

// The migration makes of what is there the takings that would be there by now.
func TestTakingsOfEarlierPaymentsAreMigrated(t *testing.T) {
	t.Parallel()
	options := dbtest.Options(t)
	store := openWith(t, options)
	severalPaid(t, store)
	want := takingsOf(t, store, checkout.TakingsByMethod)

	text, err := os.ReadFile("migrations/00007_takings.sql")
	if err != nil {
		t.Fatal(err)
	}
	up, down, _ := strings.Cut(string(text), "-- +goose Down")
	file := rawDatabase(t, options)
	for _, part := range []string{down, up} {
		for statement := range strings.SplitSeq(part, ";\n") {
			if strings.TrimSpace(statement) == "" {
				continue
			}
			if _, err := file.ExecContext(t.Context(), statement); err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
		}
	}

	if got := takingsOf(t, store, checkout.TakingsByMethod); !reflect.DeepEqual(got, want) {
		t.Errorf("migrated: %+v, want %+v", got, want)
	}
	findings, err := db.Check(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range findings {
		if of := f.Check; f.Broken > 0 && (strings.Contains(of, "takings") || strings.Contains(of, "recorded")) {
			t.Errorf("%+v", f)
		}
	}
}

// Payments that are settled at once, each of which adds to the same rows, wait for each
// other and lose nothing.
func TestTakingsOfManyWritersAddUp(t *testing.T) {
	t.Parallel()
	r := newReplicas(t)
	var purchases [writers]checkout.Purchase
	for i := range purchases {
		purchases[i] = r.opened("klaing")
	}
	r.atOnce(func(writer int, _ *db.Store, process checkouttest.Process) error {
		payment := *purchases[writer].Latest()
		if err := process.Apply(t.Context(), payment, paidBy(payment, fmt.Sprint("tx", writer))); err != nil {
			return err
		}
		_, err := process.Refund(t.Context(), "klaing", checkout.ModeTest, checkout.RefundParams{
			Payment: payment.ID, Amount: "1.00", Reason: "broken cup", ByHand: &checkout.ByHand{By: "Bopha"},
		})
		return err
	})

	got := takingsOf(t, r.stores[0], checkout.TakingsByDay)
	if len(got) != 1 || got[0].Taken != (checkout.Sum{Minor: writers * 1000, Count: writers}) || got[0].Refunded != (checkout.Sum{Minor: writers * 100, Count: writers}) {
		t.Errorf("takings of %d writers: %+v", writers, got)
	}
}

func TestOutcomesOfAttemptsAreTheNewest(t *testing.T) {
	t.Parallel()
	store := open(t)
	severalPaid(t, store)
	insert(t, store, session("cs_4"), payment("pay_4", "cs_4"))
	outcomes, err := store.AttemptOutcomes(t.Context(), "klaing", checkout.ModeTest, start.Add(-time.Hour), 3)
	if err != nil || len(outcomes) != 3 {
		t.Fatal(outcomes, err)
	}
	if open, paid := outcomes[0], outcomes[1]; open.Status != checkout.PaymentRequiresAction || !open.RecordedAt.IsZero() || paid.Status != checkout.PaymentSucceeded || !paid.RecordedAt.Equal(start) {
		t.Errorf("%+v", outcomes)
	}
}

func TestRecordedPaymentsAreReadInPages(t *testing.T) {
	t.Parallel()
	store := open(t)
	severalPaid(t, store)
	day := checkout.TimeRange{From: start, To: start.Add(time.Hour)}
	var seen []string
	for after := (checkout.Position{}); ; {
		page, err := store.RecordedPayments(t.Context(), "klaing", checkout.ModeTest, day, after, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range page {
			seen = append(seen, p.ID)
			after = checkout.Position{At: p.RecordedAt, ID: p.ID}
		}
		if len(page) < 2 {
			break
		}
	}
	if !reflect.DeepEqual(seen, []string{"pay_3", "pay_2", "pay_1"}) {
		t.Errorf("read %v", seen)
	}

	for _, other := range []checkout.TimeRange{{From: start.Add(time.Millisecond), To: day.To}, {From: start.Add(-time.Hour), To: start}} {
		if page, err := store.RecordedPayments(t.Context(), "klaing", checkout.ModeTest, other, checkout.Position{}, 2); err != nil || len(page) > 0 {
			t.Errorf("%v: %v, %v", other, page, err)
		}
	}
}
