package db_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/db"
	"rieltime/db/dbtest"
)

func openedShift(cashier string) checkout.Shift {
	shift, _ := checkout.OpenShift("klaing", checkout.ModeTest, cashier, []checkout.ShiftText{{Currency: checkout.USD, Cash: "20"}, {Currency: checkout.KHR, Cash: "50000"}}, start)
	return shift
}

// closeAt closes a shift with an amount of dollars in the drawer.
func closeAt(now time.Time, cash string) func(*checkout.Shift, []checkout.SaleTakings) error {
	return func(s *checkout.Shift, taken []checkout.SaleTakings) error {
		return s.CloseAt(now, "usr_1", []checkout.ShiftText{{Currency: checkout.USD, Cash: cash, OtherSales: "10"}, {Currency: checkout.KHR, Cash: "50000"}}, "counted twice", taken)
	}
}

func TestOneOfManyShiftsOpenedAtOnceIsStored(t *testing.T) {
	t.Parallel()
	store := open(t)
	apply(t, store, "")
	results := make([]error, 8)
	var group sync.WaitGroup
	for i := range results {
		group.Go(func() { results[i] = store.InsertShift(t.Context(), openedShift("usr_1")) })
	}
	group.Wait()
	opened := 0
	for _, err := range results {
		switch {
		case err == nil:
			opened++
		case !errors.Is(err, checkout.ErrShiftOpen):
			t.Error(err)
		}
	}
	if opened != 1 {
		t.Errorf("%d shifts of one cashier were opened", opened)
	}
	if err := store.InsertShift(t.Context(), openedShift("usr_2")); err != nil {
		t.Errorf("another cashier's: %v", err)
	}
}

func TestShiftIsClosedOnceWithWhatItsSalesTook(t *testing.T) {
	t.Parallel()
	store := open(t)
	apply(t, store, "")
	ctx := checkout.WithActor(t.Context(), "user:usr_1")
	shift := openedShift("usr_1")
	if err := store.InsertShift(ctx, shift); err != nil {
		t.Fatal(err)
	}
	for i, made := range []time.Duration{-time.Second, time.Second, time.Hour} { // before, within and after it
		id := fmt.Sprint(i)
		sale := saleOf("cs_"+id, "usr_1")
		sale.CreatedAt = start.Add(made)
		insert(t, store, sale, payment("pay_"+id, "cs_"+id))
		_, err := store.Update(ctx, "cs_"+id, func(p *checkout.Purchase) error {
			proof := proofOf(p.Payments[0])
			proof.TransactionID = "tx_" + id
			p.Settle("pay_"+id, proof, start.Add(made))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}

	end := start.Add(time.Minute)
	results := make([]error, 4)
	var group sync.WaitGroup
	for i := range results {
		group.Go(func() { results[i] = store.CloseShift(ctx, shift.ID, end, closeAt(end, "25.50")) })
	}
	group.Wait()
	closed := 0
	for _, err := range results {
		switch {
		case err == nil:
			closed++
		case !errors.Is(err, checkout.ErrShiftClosed):
			t.Error(err)
		}
	}
	if closed != 1 {
		t.Errorf("closed %d times", closed)
	}

	got, err := store.Shift(ctx, shift.ID)
	if err != nil || !got.ClosedAt.Equal(end) || got.ClosedBy != "usr_1" || got.Opening[checkout.KHR] != 50000 || got.Close.Note != "counted twice" {
		t.Fatalf("%+v, %v", got, err)
	}
	if taken := got.Close.Taken; len(taken) != 1 || taken[0].Count != 1 || taken[0].Taken != session("cs_1").Amount {
		t.Errorf("taken %+v", taken)
	}
	trail, err := store.AuditTrail(ctx, db.AuditQuery{Object: shift.ID, Limit: 10})
	if err != nil || len(trail) != 2 || trail[1].Action != "shift.close" || !strings.Contains(string(trail[1].Detail), `"cash":2550`) {
		t.Errorf("the audit trail has %+v, %v", trail, err)
	}
	if err := store.InsertShift(ctx, openedShift("usr_1")); err != nil {
		t.Errorf("a shift after the closed one: %v", err)
	}
	if err := store.CloseShift(ctx, "shift_none", end, closeAt(end, "1")); !errors.Is(err, checkout.ErrNotFound) {
		t.Errorf("a shift that does not exist: %v", err)
	}
}

func TestShiftsAreListedForOneCashierOrAll(t *testing.T) {
	t.Parallel()
	store := open(t)
	apply(t, store, "")
	for i, cashier := range []string{"usr_1", "usr_2", "usr_3"} {
		shift := openedShift(cashier)
		shift.OpenedAt = start.Add(time.Duration(i) * time.Hour)
		if err := store.InsertShift(t.Context(), shift); err != nil {
			t.Fatal(err)
		}
	}
	list := func(cashier string, after checkout.Position) (cashiers string) {
		shifts, err := store.Shifts(t.Context(), "klaing", checkout.ModeTest, cashier, after, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, shift := range shifts {
			cashiers += shift.CashierID + " "
		}
		return cashiers
	}
	if got := list("", checkout.Position{}); got != "usr_3 usr_2 " {
		t.Errorf("all: %s", got)
	}
	if got := list("", checkout.Position{At: start.Add(time.Hour), ID: "shift_"}); got != "usr_1 " {
		t.Errorf("the next page: %s", got)
	}
	if got := list("usr_2", checkout.Position{}); got != "usr_2 " {
		t.Errorf("one cashier's: %s", got)
	}
	if own, err := store.OpenShift(t.Context(), "klaing", checkout.ModeTest, "usr_2"); err != nil || own.CashierID != "usr_2" {
		t.Errorf("%+v, %v", own, err)
	}
	if _, err := store.OpenShift(t.Context(), "klaing", checkout.ModeLive, "usr_2"); !errors.Is(err, checkout.ErrNotFound) {
		t.Errorf("in the other mode: %v", err)
	}
}

// What is in the database must be readable for as long as there are shifts.
func TestStoredShiftIsRead(t *testing.T) {
	t.Parallel()
	options := dbtest.Options(t)
	store := openWith(t, options)
	apply(t, store, "")
	executeIn(t, options, `INSERT INTO shifts (id, merchant_id, mode, cashier_id, opened_at, opening, closed_at, closed_by, closing) VALUES
		('shift_1', 'klaing', 'test', 'usr_1', 1, '{"USD":2000}', 2, 'usr_2', '{"counts":[{"currency":"USD","cash":2500,"cash_sales":600,"other_sales":1100}],"taken":[{"provider":"bakong","method":"khqr","taken":{"Minor":1000,"Currency":"USD"},"count":1}],"note":"n"}')`)
	shift, err := store.Shift(t.Context(), "shift_1")
	if err != nil {
		t.Fatal(err)
	}
	if differences := shift.Differences(); len(differences) != 1 || *differences[0].Cash != -100 || *differences[0].Others != -100 {
		t.Errorf("%+v", shift)
	}
}
