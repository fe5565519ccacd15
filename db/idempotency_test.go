package db_test

import (
	"bytes"
	"database/sql"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/db"
)

func idempotentRequest(key string) checkout.IdempotentRequest {
	return checkout.IdempotentRequest{MerchantID: "klaing", Mode: checkout.ModeTest, Key: key, Operation: "POST /v1/refunds", ContentHash: "h"}
}

func TestRequestKeepsItsSeedUntilAnswered(t *testing.T) {
	store := open(t)
	first, err := store.LeaseIdempotency(t.Context(), idempotentRequest("k"), start.Add(time.Minute))
	if err != nil || len(first.Seed) != 32 {
		t.Fatalf("%+v %v", first, err)
	}
	if _, err := store.LeaseIdempotency(t.Context(), idempotentRequest("k"), start.Add(time.Minute)); !errors.Is(err, checkout.ErrIdempotencyInFlight) {
		t.Errorf("taken twice: %v", err)
	}
	if err := store.ReleaseIdempotency(t.Context(), first, false); err != nil {
		t.Fatal(err)
	}
	second, err := store.LeaseIdempotency(t.Context(), idempotentRequest("k"), start.Add(2*time.Minute))
	if err != nil || !bytes.Equal(second.Seed, first.Seed) {
		t.Errorf("taken over with another seed: %v", err)
	}
	if err := store.ReleaseIdempotency(t.Context(), first, true); err != nil { // whoever held it before forgets nothing
		t.Fatal(err)
	}
	if err := store.KeepResult(t.Context(), second, checkout.RequestResult{Effect: checkout.EffectChanged, Body: []byte(`{"secret":"whsec_plain"}`)}); err != nil {
		t.Fatal(err)
	}
	var before *checkout.AlreadyCarriedOut
	if err := store.CheckIdempotency(t.Context(), idempotentRequest("k")); !errors.As(err, &before) || string(before.Result.Body) != `{"secret":"whsec_plain"}` {
		t.Errorf("answered: %v", err)
	}
}

func TestRequestIsRenewedByItsHolderAlone(t *testing.T) {
	store := open(t)
	first, err := store.LeaseIdempotency(t.Context(), idempotentRequest("k"), start)
	if err != nil || first.Retried {
		t.Fatalf("%+v %v", first, err)
	}
	second, err := store.LeaseIdempotency(t.Context(), idempotentRequest("k"), start.Add(time.Second))
	if err != nil || !second.Retried {
		t.Fatalf("%+v %v", second, err)
	}
	if _, err := store.RenewIdempotency(t.Context(), first, start.Add(time.Hour)); !errors.Is(err, checkout.ErrNotFound) {
		t.Errorf("renewed after it was taken over: %v", err)
	}
	renewed, err := store.RenewIdempotency(t.Context(), second, start.Add(time.Minute))
	if err != nil || !renewed.LeasedUntil.Equal(start.Add(time.Minute)) {
		t.Errorf("%+v %v", renewed, err)
	}
	if err := store.ReleaseIdempotency(t.Context(), renewed, true); err != nil {
		t.Fatal(err)
	}
	if err := store.CheckIdempotency(t.Context(), idempotentRequest("k")); err != nil {
		t.Errorf("after it was released: %v", err)
	}
}

func TestForgottenKeyIsFreeForAnyRequest(t *testing.T) {
	store := open(t)
	taken, err := store.LeaseIdempotency(t.Context(), idempotentRequest("k"), start.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	if err := store.ReleaseIdempotency(t.Context(), taken, true); err != nil {
		t.Fatal(err)
	}
	other := idempotentRequest("k")
	other.ContentHash = "corrected"
	if _, err := store.LeaseIdempotency(t.Context(), other, start.Add(time.Minute)); err != nil {
		t.Error(err)
	}
}

func TestAnswersAreSealedAndPruned(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rieltime.db")
	store := openAt(t, path, make([]byte, db.KeySize))
	taken, err := store.LeaseIdempotency(t.Context(), idempotentRequest("k"), start)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.KeepResult(t.Context(), taken, checkout.RequestResult{Effect: checkout.EffectChanged, Body: []byte("whsec_plain")}); err != nil {
		t.Fatal(err)
	}
	assertAbsent(t, path, "whsec_plain", string(taken.Seed))
	later, err := db.Open(t.Context(), db.Options{Path: path, Key: make([]byte, db.KeySize), Now: func() time.Time { return start.Add(checkout.IdempotencyKeptFor) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = later.Close() })
	if err := later.CheckIdempotency(t.Context(), idempotentRequest("k")); err != nil {
		t.Errorf("after seven days: %v", err)
	}
	defer startQueue(t, later, &deliveries{store: later})()
	file, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	eventually(t, "pruned", func() bool {
		var kept int
		return file.QueryRow("SELECT count(*) FROM idempotency_keys").Scan(&kept) == nil && kept == 0
	})
}

func TestLeaseOfAClockThatWasSetBackIsFree(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rieltime.db")
	store := openAt(t, path, make([]byte, db.KeySize))
	ahead, err := db.Open(t.Context(), db.Options{Path: path, Key: make([]byte, db.KeySize), Now: func() time.Time { return start.Add(time.Hour) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ahead.Close() })
	left, err := ahead.LeaseIdempotency(t.Context(), idempotentRequest("left"), start.Add(time.Hour+checkout.IdempotencyLease))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.LeaseIdempotency(t.Context(), idempotentRequest("held"), start.Add(checkout.IdempotencyLease)); err != nil {
		t.Fatal(err)
	}
	if err := store.ClockSetBack(t.Context(), start, start.Add(time.Minute), start); err != nil {
		t.Fatal(err)
	}
	again, err := store.LeaseIdempotency(t.Context(), idempotentRequest("left"), start.Add(checkout.IdempotencyLease))
	if err != nil || !again.Retried || !bytes.Equal(again.Seed, left.Seed) {
		t.Errorf("it cannot be taken over: %+v, %v", again, err)
	}
	if err := store.CheckIdempotency(t.Context(), idempotentRequest("held")); !errors.Is(err, checkout.ErrIdempotencyInFlight) {
		t.Errorf("one that is held now: %v", err)
	}
}
