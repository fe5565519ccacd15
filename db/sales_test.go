package db_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"rieltime/checkout"
)

// saleOf is a session of a cashier's, as the counter makes it.
func saleOf(id, cashier string) checkout.Session {
	s := session(id)
	s.Reference, s.CashierID, s.SuccessURL, s.CancelURL = "counter-"+id, cashier, "", ""
	return s
}

func TestSaleIsStoredOnce(t *testing.T) {
	t.Parallel()
	store := open(t)
	apply(t, store, "")

	var group sync.WaitGroup
	var mu sync.Mutex
	made, repeated := 0, 0
	for range 8 {
		group.Go(func() {
			sale := saleOf("cs_1", "usr_1")
			sale.Reference = checkout.NewReference() // each try has another
			got, err := store.InsertSession(t.Context(), sale, checkout.IdempotentRequest{}, checkout.Addresses{})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err != nil:
				t.Error(err)
			case got.Repeated:
				repeated++
			default:
				made++
			}
		})
	}
	group.Wait()
	if made != 1 || repeated != 7 {
		t.Errorf("made %d times, found %d times", made, repeated)
	}

	for change, other := range map[string]func(*checkout.Session){
		"amount": func(s *checkout.Session) { s.Amount.Minor++ }, "cashier": func(s *checkout.Session) { s.CashierID = "usr_2" }, "note": func(s *checkout.Session) { s.Description = "tea" },
	} {
		sale := saleOf("cs_1", "usr_1")
		other(&sale)
		if _, err := store.InsertSession(t.Context(), sale, checkout.IdempotentRequest{}, checkout.Addresses{}); !errors.Is(err, checkout.ErrSaleMade) {
			t.Errorf("another %s: %v", change, err)
		}
	}
}

func TestSalesAreACashiersOwn(t *testing.T) {
	t.Parallel()
	store := open(t)
	apply(t, store, "")
	insert(t, store, saleOf("cs_1", "usr_1"), payment("pay_1", "cs_1"))
	insert(t, store, saleOf("cs_2", "usr_1"), payment("pay_2", "cs_2"))
	insert(t, store, saleOf("cs_3", "usr_2"), payment("pay_3", "cs_3"))
	insert(t, store, session("cs_4"), payment("pay_4", "cs_4"))
	for _, id := range []string{"1", "3", "4"} {
		_, err := store.Update(t.Context(), "cs_"+id, func(p *checkout.Purchase) error {
			proof := proofOf(p.Payments[0])
			proof.TransactionID = "tx_" + id
			p.Settle("pay_"+id, proof, start)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}

	made := checkout.TimeRange{From: start.Add(-time.Hour), To: start.Add(time.Hour)}
	sales, err := store.Sales(t.Context(), "klaing", checkout.ModeTest, "usr_1", made, 10)
	if err != nil || len(sales) != 2 || sales[0].Session.ID != "cs_2" || sales[1].Session.Status != checkout.SessionComplete {
		t.Errorf("sales %+v, %v", sales, err)
	}

	taken, err := store.SaleTakings(t.Context(), "klaing", checkout.ModeTest, "usr_1", made)
	if err != nil || len(taken) != 1 || taken[0].Count != 1 || taken[0].Taken != session("cs_1").Amount {
		t.Errorf("taken %+v, %v", taken, err)
	}
	for _, cashier := range []string{"", "usr_3"} {
		if sales, err := store.Sales(t.Context(), "klaing", checkout.ModeTest, cashier, made, 10); err != nil || len(sales) != 0 {
			t.Errorf("sales of %q: %+v, %v", cashier, sales, err)
		}
	}
}

func TestLinkPaymentsAreThoseOfOneMerchantsLinks(t *testing.T) {
	t.Parallel()
	store := open(t)
	apply(t, store, "")
	insertLink(t, store, link("pl_1", 0))
	for i, made := range []checkout.Session{session("cs_0"), linkSession("cs_1", "pl_1"), linkSession("cs_2", "pl_1"), linkSession("cs_3", "pl_1")} {
		id := fmt.Sprint(i)
		made.Reference = "r" + id
		insert(t, store, made, payment("pay_"+id, "cs_"+id))
		if id == "3" { // nobody has paid it
			continue
		}
		_, err := store.Update(t.Context(), "cs_"+id, func(p *checkout.Purchase) error {
			proof := proofOf(p.Payments[0])
			proof.TransactionID = "tx_" + id
			p.Settle("pay_"+id, proof, start.Add(time.Duration(i)*time.Minute))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}

	got, err := store.LinkPayments(t.Context(), "klaing", checkout.ModeTest, start, 10)
	if err != nil || len(got) != 2 || got[0].SessionID != "cs_2" || got[1].ID != "pay_1" || got[0].Came != session("").Amount || got[0].Attention || !got[0].RecordedAt.Equal(start.Add(2*time.Minute)) {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := store.LinkPayments(t.Context(), "klaing", checkout.ModeTest, start.Add(2*time.Minute), 10); err != nil || len(got) != 1 {
		t.Errorf("since later: %+v, %v", got, err)
	}
	if got, err := store.LinkPayments(t.Context(), "klaing", checkout.ModeLive, start, 10); err != nil || len(got) != 0 {
		t.Errorf("in the other mode: %+v, %v", got, err)
	}
}
