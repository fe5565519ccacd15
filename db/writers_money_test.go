package db_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
	"rieltime/db"
)

// The lock of a session keeps what is refunded of its payments together.
func TestRefundsOfManyWritersNeverExceedThePayment(t *testing.T) {
	r := newReplicas(t)
	purchase := r.paid("tx")
	payment := purchase.Latest()
	done := r.atOnce(func(writer int, _ *db.Store, process checkouttest.Process) error {
		_, err := process.Refund(t.Context(), "klaing", checkout.ModeTest, checkout.RefundParams{
			Payment: payment.ID, Amount: "0.30", Reason: "broken cup", ByHand: &checkout.ByHand{By: fmt.Sprint("cashier ", writer)},
		})
		return err
	}, checkout.ErrRefundTooLarge)

	after, sum := r.reload(purchase), int64(0)
	for _, refund := range after.Refunds {
		sum += refund.Amount.Minor
	}
	if done != 33 || sum != 990 || after.Latest().Refunded != sum {
		t.Errorf("%d refunds of 0.30 from 10.00, together %d, counted %d", done, sum, after.Latest().Refunded)
	}
}

// A rate that is set while sessions are made is in each of them wholly, or not at all.
func TestSessionsMadeWhileARateIsSetHaveOneOfTheTwo(t *testing.T) {
	r := newReplicas(t)
	set := func(process checkouttest.Process, value string, at time.Time) error {
		_, err := process.SetRate(t.Context(), checkout.RateParams{MerchantID: "klaing", Mode: checkout.ModeTest, Value: value, Source: checkout.RateEntered, At: at})
		return err
	}
	if err := set(r.processes[0], "4050", start.Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}

	var sessions [writers]checkout.Session
	r.atOnce(func(writer int, _ *db.Store, process checkouttest.Process) (err error) {
		if writer == writers/2 {
			return set(process, "4100", start)
		}
		params := checkouttest.SessionParams()
		params.Reference, params.PayCurrencies = fmt.Sprint("order ", writer), []string{"KHR"}
		sessions[writer], err = process.CreateSession(t.Context(), "klaing", checkout.ModeTest, params)
		return err
	})

	rates, err := r.stores[1].Rates(t.Context(), "klaing", checkout.ModeTest, 3)
	if err != nil || len(rates) != 2 {
		t.Fatal(rates, err)
	}
	amounts := map[checkout.RateValue]int64{"4050": 40500, "4100": 41000}
	ids := map[checkout.RateValue]string{rates[0].Value: rates[0].ID, rates[1].Value: rates[1].ID}
	for writer, session := range sessions {
		if writer == writers/2 {
			continue
		}
		stored, err := r.stores[1].Purchase(t.Context(), session.ID)
		if err != nil || len(stored.Session.Converted) != 1 {
			t.Fatalf("session %d: %+v, %v", writer, stored.Session.Converted, err)
		}
		converted := stored.Session.Converted[0]
		if want := amounts[converted.Rate]; converted.Amount.Minor != want || converted.RateID != ids[converted.Rate] {
			t.Errorf("session %d mixes rates: %+v", writer, converted)
		}
	}
}

// The lock of a link keeps its uses within its maximum: each session takes its own.
func TestUsesOfALinkByManyWritersNeverExceedItsMaximum(t *testing.T) {
	const most = 5
	r := newReplicas(t)
	maximum := most
	link, err := r.processes[0].CreateLink(t.Context(), "klaing", checkout.ModeTest, checkout.LinkParams{
		Amount: "10.00", Currency: "USD", Description: "Concert", SuccessURL: "https://shop.example/thanks", MaxUses: &maximum,
	})
	if err != nil {
		t.Fatal(err)
	}

	var sessions [writers]checkout.Session
	r.atOnce(func(writer int, _ *db.Store, process checkouttest.Process) (err error) {
		sessions[writer], err = process.OpenLink(t.Context(), link.ID, checkout.LinkChoice{Visitor: fmt.Sprint("visitor ", writer)})
		return err
	})
	done := r.atOnce(func(writer int, _ *db.Store, process checkouttest.Process) error {
		_, err := process.StartPayment(t.Context(), sessions[writer].ID, checkout.StartParams{Method: "khqr", Holder: fmt.Sprint("address ", writer)})
		return err
	}, checkout.ErrLinkSoldOut)

	if link, err = r.stores[0].Link(t.Context(), link.ID); err != nil || done != most || link.Uses != most {
		t.Errorf("%d of %d uses were taken, counted %d, %v", done, most, link.Uses, err)
	}
}

// The lock of a transaction keeps it from paying at two accounts of one payee, which
// no unique index covers.
func TestTransactionOfManyWritersPaysOnePayment(t *testing.T) {
	const merchants = 8
	r := newReplicas(t)
	var purchases [writers]checkout.Purchase
	for i := range merchants {
		r.apply(fmt.Sprint("shop", i))
	}
	for i := range writers {
		purchases[i] = r.opened(fmt.Sprint("shop", i%merchants))
	}

	settled := r.atOnce(func(writer int, store *db.Store, _ checkouttest.Process) error {
		payment := *purchases[writer].Latest()
		_, err := store.Update(t.Context(), payment.SessionID, func(p *checkout.Purchase) error {
			p.Settle(payment.ID, *paidBy(payment, "same at once").Proof, start)
			return nil
		})
		return err
	}, checkout.ErrTransactionReused)
	if settled != 1 {
		t.Errorf("a transaction settled %d payments", settled)
	}

	r.atOnce(func(writer int, _ *db.Store, process checkouttest.Process) error {
		payment := *purchases[writer].Latest()
		return process.Apply(t.Context(), payment, paidBy(payment, "same at once"))
	})
	complete, known := 0, 0
	for _, purchase := range purchases {
		after := r.reload(purchase)
		if after.Session.Status == checkout.SessionComplete {
			complete++
		}
		if after.Payments[len(after.Payments)-1].Proof != nil {
			known++
		}
	}
	if complete != 1 || known != writers {
		t.Errorf("a transaction completed %d sessions; %d of %d proofs are recorded", complete, known, writers)
	}
}

// Each proof of a payment is recorded once, whoever brings it at the same time.
func TestProofThatManyWritersBringIsRecordedOnce(t *testing.T) {
	r := newReplicas(t)
	purchase := r.opened("klaing")
	payment := *purchase.Latest()
	r.atOnce(func(_ int, _ *db.Store, process checkouttest.Process) error {
		return process.Apply(t.Context(), payment, paidBy(payment, "tx"))
	})

	after := r.reload(purchase)
	if len(after.Payments) != 1 || after.Session.Status != checkout.SessionComplete {
		t.Errorf("%d payments, session %s", len(after.Payments), after.Session.Status)
	}
	if n := r.events(checkout.EventSessionCompleted); n != 1 {
		t.Errorf("the merchant got %d events of its completion", n)
	}
}

// events counts klaing's events of a type.
func (r *replicas) events(kind checkout.EventType) int {
	r.t.Helper()
	events, _, err := r.stores[0].ListEvents(context.Background(), "klaing", checkout.ModeTest, checkout.EventQuery{Type: kind, Limit: 1000})
	if err != nil {
		r.t.Fatal(err)
	}
	return len(events)
}
