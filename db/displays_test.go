package db_test

import (
	"errors"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/users"
	"rieltime/db"
)

func displayOf(t *testing.T, store *db.Store, now time.Time) (users.Display, string) {
	t.Helper()
	code, display := users.NewDisplay("klaing", checkout.ModeTest, users.SignIn{ID: "sin_1", UserID: "usr_1"}, now)
	if err := store.InsertDisplay(t.Context(), display, now); err != nil {
		t.Fatal(err)
	}
	return display, users.DisplayCodeHash(code.Reveal())
}

func TestDisplayIsFoundByItsToken(t *testing.T) {
	t.Parallel()
	store := open(t)
	apply(t, store, "")
	insertUser(t, store)
	ctx, until := checkout.WithActor(t.Context(), "user:usr_1"), start.Add(time.Hour)
	display, code := displayOf(t, store, start)
	if got, err := store.DisplayOf(ctx, "klaing", checkout.ModeTest, "usr_1"); err != nil || got.ID != display.ID || !got.ExpiresAt.Equal(start.Add(users.DisplayCodeLife)) {
		t.Errorf("%+v, %v", got, err)
	}
	if _, _, err := store.Display(ctx, ""); !errors.Is(err, checkout.ErrNotFound) {
		t.Errorf("a display without a token: %v", err)
	}

	if err := store.PairDisplay(ctx, code, "token", start.Add(users.DisplayCodeLife), until); !errors.Is(err, users.ErrDisplayCode) {
		t.Errorf("an old code: %v", err)
	}
	if err := store.PairDisplay(ctx, code, "token", start, until); err != nil {
		t.Fatal(err)
	}
	got, user, err := store.Display(ctx, "token")
	if err != nil || got.ID != display.ID || !got.PairedAt.Equal(start) || !got.ExpiresAt.Equal(until) || user.ID != "usr_1" {
		t.Errorf("%+v, %+v, %v", got, user, err)
	}
	for _, hash := range []string{code, ""} {
		if err := store.PairDisplay(ctx, hash, "other", start, until); !errors.Is(err, users.ErrDisplayCode) {
			t.Errorf("the code %q again: %v", hash, err)
		}
	}

	for range 2 { // the second time there is none
		if err := store.DeleteDisplay(ctx, "klaing", checkout.ModeTest, "usr_1"); err != nil {
			t.Error(err)
		}
	}
	if _, _, err := store.Display(ctx, "token"); !errors.Is(err, checkout.ErrNotFound) {
		t.Errorf("unpaired: %v", err)
	}
	trail, err := store.AuditTrail(ctx, db.AuditQuery{Object: display.ID, Limit: 9})
	if err != nil || len(trail) != 2 || trail[0].Action != "display.pair" || trail[1].Action != "display.unpair" {
		t.Errorf("%+v, %v", trail, err)
	}
}
