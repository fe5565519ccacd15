package db_test

import (
	"errors"
	"fmt"
	"slices"
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
	for round := range rounds {
		at := start.Add(-time.Hour + time.Duration(round)*time.Minute)
		stored := r.atOnce(func(writer int, _ *db.Store, process checkouttest.Process) error {
			_, err := process.SetRate(t.Context(), checkout.RateParams{
				MerchantID: "klaing", Mode: checkout.ModeTest, Value: fmt.Sprint(4050 + writer), At: at, Source: checkout.RateFile,
			})
			return err
		}, checkout.ErrRateOlder)
		if stored != 1 {
			t.Errorf("%d rates of one moment are stored", stored)
		}
	}
}

// Sessions that are made while rates are set have one that was set, with its value and
// what the price is at it; while the last one is too far off, none.
func TestSessionsMadeWhileManyWritersSetRatesHaveOneOfThem(t *testing.T) {
	r := newReplicas(t)
	set := func(process checkouttest.Process, value int, at time.Time) error {
		_, err := process.SetRate(t.Context(), checkout.RateParams{MerchantID: "klaing", Mode: checkout.ModeTest, Value: fmt.Sprint(value), At: at, Source: checkout.RateFile})
		return err
	}
	first := start.Add(-time.Hour)
	if err := set(r.processes[0], 4050, first); err != nil {
		t.Fatal(err)
	}

	for round, others := range []int{4060, 9000} { // the second time, these are too far off
		var sessions [writers]checkout.Session
		r.atOnce(func(writer int, _ *db.Store, process checkouttest.Process) (err error) {
			at := first.Add(time.Duration(round)*time.Minute*2 + time.Duration(writer+1)*time.Second)
			switch writer % 4 {
			case 0:
				return set(process, 4050+writer/4, at)
			case 1:
				return set(process, others+writer/4, at)
			}
			params := checkouttest.SessionParams()
			params.PayCurrencies = []string{"USD", "KHR"}
			sessions[writer], err = process.CreateSession(t.Context(), "klaing", checkout.ModeTest, params)
			return err
		}, checkout.ErrRateOlder)

		for writer, session := range sessions {
			if writer%4 >= 2 {
				r.wantRateThatWasSet(session, others == 4060)
			}
		}
	}
}

// wantRateThatWasSet looks at the other amounts of a session; must: it has one.
func (r *replicas) wantRateThatWasSet(session checkout.Session, must bool) {
	r.t.Helper()
	rates, err := r.stores[0].Rates(r.t.Context(), "klaing", checkout.ModeTest, 1000)
	if err != nil {
		r.t.Fatal(err)
	}
	stored := r.reload(checkout.Purchase{Session: session}).Session
	if len(stored.Converted) > 1 || must && len(stored.Converted) != 1 {
		r.t.Errorf("a session has %d other amounts", len(stored.Converted))
	}
	for _, converted := range stored.Converted {
		at := slices.IndexFunc(rates, func(rate checkout.Rate) bool { return rate.ID == converted.RateID })
		if at < 0 {
			r.t.Errorf("%+v is at no rate that was set", converted)
			continue
		}
		want, err := rates[at].Convert(stored.Amount, converted.Rounding)
		if err != nil || rates[at].FarOff || converted.Rate != rates[at].Value || converted.Amount != want {
			r.t.Errorf("%+v at the rate %+v, %v", converted, rates[at], err)
		}
	}
}
