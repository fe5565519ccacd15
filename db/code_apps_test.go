package db_test

import (
	"bytes"
	"errors"
	"testing"

	"rieltime/checkout"
	"rieltime/checkout/users"
	"rieltime/db/dbtest"
)

func TestCodesAreTakenOnce(t *testing.T) {
	t.Parallel()
	options := dbtest.Options(t)
	store := openWith(t, options)
	insertPerson(t, store, "usr_1")
	ctx := t.Context()
	if _, err := store.CodeApp(ctx, "usr_1"); !errors.Is(err, checkout.ErrNotFound) {
		t.Errorf("before: %v", err)
	}
	for _, secret := range []checkout.Secret{"FIRST", "GEZDGNBVGY3TQOJQ"} {
		if err := store.SetCodeApp(ctx, users.CodeApp{UserID: "usr_1", Secret: secret, CreatedAt: start}); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.UseCodeStep(ctx, "usr_1", 5); !errors.Is(err, users.ErrCodeRefused) {
		t.Errorf("not confirmed: %v", err)
	}
	if err := store.ConfirmCodeApp(ctx, "usr_1", 10, []string{"h1", "h2"}, start); err != nil {
		t.Fatal(err)
	}
	app, err := store.CodeApp(ctx, "usr_1")
	if err != nil || app.Secret != "GEZDGNBVGY3TQOJQ" || app.LastStep != 10 || !app.ConfirmedAt.Equal(start) {
		t.Errorf("%+v, %v", app, err)
	}
	if err := store.SetCodeApp(ctx, app); !errors.Is(err, users.ErrCodeAppKept) {
		t.Errorf("another app: %v", err)
	}
	if err := store.ConfirmCodeApp(ctx, "usr_1", 11, nil, start); !errors.Is(err, users.ErrCodeAppKept) {
		t.Errorf("confirmed again: %v", err)
	}

	var sealed []byte
	if err := pool(t, options).QueryRow("SELECT secret_sealed FROM code_apps").Scan(&sealed); err != nil || bytes.Contains(sealed, []byte("GEZD")) {
		t.Errorf("the secret is kept as %q, %v", sealed, err)
	}

	for step, want := range map[int64]error{10: users.ErrCodeRefused, 9: users.ErrCodeRefused} {
		if err := store.UseCodeStep(ctx, "usr_1", step); !errors.Is(err, want) {
			t.Errorf("step %d: %v", step, err)
		}
	}
	if err := store.UseCodeStep(ctx, "usr_1", 11); err != nil {
		t.Error(err)
	}

	if err := store.UseRecoveryCode(ctx, "usr_1", "h1", start); err != nil {
		t.Error(err)
	}
	for _, hash := range []string{"h1", "h3"} {
		if err := store.UseRecoveryCode(ctx, "usr_1", hash, start); !errors.Is(err, users.ErrCodeRefused) {
			t.Errorf("%s: %v", hash, err)
		}
	}
	if left, err := store.CountRecoveryCodes(ctx, "usr_1"); err != nil || left != 1 {
		t.Errorf("%d left, %v", left, err)
	}
	if err := store.SetRecoveryCodes(ctx, "usr_1", []string{"h4", "h5", "h6"}, start); err != nil {
		t.Fatal(err)
	}
	if left, err := store.CountRecoveryCodes(ctx, "usr_1"); err != nil || left != 3 {
		t.Errorf("%d left, %v", left, err)
	}

	if err := store.DeleteCodeApp(ctx, "usr_1"); err != nil {
		t.Fatal(err)
	}
	if _, err := store.CodeApp(ctx, "usr_1"); !errors.Is(err, checkout.ErrNotFound) {
		t.Errorf("after: %v", err)
	}
	if left, err := store.CountRecoveryCodes(ctx, "usr_1"); err != nil || left != 0 {
		t.Errorf("%d left, %v", left, err)
	}
}
