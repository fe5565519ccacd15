package db_test

import (
	"bytes"
	"errors"
	"testing"

	"rieltime/checkout"
)

func TestLogosAreOfTheirMerchant(t *testing.T) {
	t.Parallel()
	store := open(t)
	apply(t, store, "")
	ctx := t.Context()
	for _, hash := range []string{"one", "two", "two"} {
		if err := store.InsertLogo(ctx, "klaing", hash, []byte{0, 0xff}); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.KeepLogo(ctx, "klaing", "two"); err != nil {
		t.Fatal(err)
	}
	if picture, err := store.Logo(ctx, "klaing", "two"); err != nil || !bytes.Equal(picture, []byte{0, 0xff}) {
		t.Errorf("%x, %v", picture, err)
	}
	for _, of := range [][2]string{{"klaing", "one"}, {"krama", "two"}} {
		if _, err := store.Logo(ctx, of[0], of[1]); !errors.Is(err, checkout.ErrNotFound) {
			t.Errorf("%v: %v", of, err)
		}
	}
}
