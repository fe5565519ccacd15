package db_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
	"rieltime/db"
)

// insertRate stores a rate of klaing's, without asking what came before.
func insertRate(t *testing.T, store *db.Store, id, value string) {
	t.Helper()
	rate := checkout.Rate{
		ID: id, MerchantID: "klaing", Mode: checkout.ModeTest, Base: checkout.USD, Quote: checkout.KHR, Value: checkout.RateValue(value),
		Source: checkout.RateEntered, By: "usr_1", At: start, ValidUntil: start.Add(time.Hour),
	}
	_, err := store.InsertRate(t.Context(), rate, func(_, _ checkout.Rate) (checkout.Rate, error) { return rate, nil })
	if err != nil {
		t.Fatal(err)
	}
}

func TestRatesAreOfOneMerchantAndMode(t *testing.T) {
	h := checkouttest.New(t)
	set := func(mode checkout.Mode, value string) error {
		ctx := checkout.WithActor(t.Context(), "cli:rate set")
		_, err := h.SetRate(ctx, checkout.RateParams{MerchantID: "klaing", Mode: mode, Value: value, Source: checkout.RateEntered})
		return err
	}
	if err := errors.Join(set(checkout.ModeTest, "4050"), set(checkout.ModeLive, "9000")); err != nil {
		t.Fatal("the rates of one mode are compared with the other's:", err)
	}

	rates, err := h.Store.Rates(t.Context(), "klaing", checkout.ModeTest, 10)
	if err != nil || len(rates) != 1 || rates[0].Value != "4050" || rates[0].By != "cli:rate set" || !rates[0].At.Equal(h.Now()) {
		t.Errorf("%+v, %v", rates, err)
	}
	if others, err := h.Store.Rates(t.Context(), "other", checkout.ModeTest, 10); err != nil || len(others) != 0 {
		t.Errorf("another merchant has %+v, %v", others, err)
	}
	trail, err := h.Store.AuditTrail(t.Context(), db.AuditQuery{Object: rates[0].ID, Limit: 10})
	if err != nil || len(trail) != 1 || trail[0].Action != "rate.set" || trail[0].Actor != "cli:rate set" {
		t.Errorf("the audit trail: %+v, %v", trail, err)
	}
}

// Of rates of one moment that all are near the one before, only one is stored; all would
// be without the lock, or the losers would get an error that is not ours.
func TestManyWritersStoreOneRateOfAMoment(t *testing.T) {
	r := newReplicas(t)
	stored := r.atOnce(func(writer int, _ *db.Store, process checkouttest.Process) error {
		_, err := process.SetRate(t.Context(), checkout.RateParams{
			MerchantID: "klaing", Mode: checkout.ModeTest, Value: fmt.Sprint(4050 + writer), At: start.Add(-time.Hour), Source: checkout.RateFile,
		})
		return err
	}, checkout.ErrRateOlder)
	if stored != 1 {
		t.Errorf("%d rates of one moment are stored", stored)
	}
}
