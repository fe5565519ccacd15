package db_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
	"rieltime/checkout/users"
	"rieltime/db"
	"rieltime/db/dbtest"
)

// insertSignIn signs a user in.
func insertSignIn(t *testing.T, store *db.Store, id, userID string) users.SignIn {
	t.Helper()
	in := users.SignIn{
		ID: id, UserID: userID, TokenHash: "hash of " + id, Method: users.MethodPasskey, UserAgent: "phone", CreatedAt: start, AuthenticatedAt: start, SeenAt: start,
	}
	if err := store.InsertSignIn(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	return in
}

func request(id string) users.SignInRequest {
	return users.SignInRequest{
		TokenHash: "token of " + id, CodeHash: "code of " + id, Number: "0042", UserAgent: "tablet", Address: "203.0.113.7",
		CreatedAt: start, ExpiresAt: start.Add(users.RequestLife),
	}
}

func TestRequestIsConfirmedAndTakenOnce(t *testing.T) {
	t.Parallel()
	r := newReplicas(t)
	ctx, store := t.Context(), r.stores[0]
	insertPerson(t, store, "usr_1")
	phone := insertSignIn(t, store, "sin_1", "usr_1")
	for _, id := range []string{"late", "refused", "1"} {
		if err := store.InsertSignInRequest(ctx, request(id), start); err != nil {
			t.Fatal(err)
		}
	}

	if err := store.ConfirmSignInRequest(ctx, "code of late", phone, start.Add(users.RequestLife)); !errors.Is(err, users.ErrRequestOver) {
		t.Errorf("too late: %v", err)
	}
	for i, want := range []error{nil, users.ErrRequestOver} {
		if err := store.RefuseSignInRequest(ctx, "code of refused"); !errors.Is(err, want) {
			t.Errorf("refused %d times before: %v", i, err)
		}
	}

	if _, _, err := store.TakeSignInRequest(ctx, "token of 1"); !errors.Is(err, checkout.ErrNotFound) {
		t.Errorf("taken before it was confirmed: %v", err)
	}
	confirmed := r.atOnce(func(_ int, store *db.Store, _ checkouttest.Process) error {
		return store.ConfirmSignInRequest(ctx, "code of 1", phone, start)
	}, users.ErrRequestOver)
	if err := store.RefuseSignInRequest(ctx, "code of 1"); !errors.Is(err, users.ErrRequestOver) {
		t.Errorf("refused after it was confirmed: %v", err)
	}
	taken := r.atOnce(func(_ int, store *db.Store, _ checkouttest.Process) error {
		request, in, err := store.TakeSignInRequest(ctx, "token of 1")
		if err == nil && (request.UserID != "usr_1" || in.UserAgent != "phone") {
			t.Errorf("%+v confirmed in %+v", request, in)
		}
		return err
	}, checkout.ErrNotFound)
	if confirmed != 1 || taken != 1 {
		t.Errorf("confirmed %d times, taken %d times", confirmed, taken)
	}

	// A new one removes those that have expired.
	if err := store.InsertSignInRequest(ctx, request("2"), start.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, err := store.SignInRequest(ctx, "token of late"); !errors.Is(err, checkout.ErrNotFound) {
		t.Errorf("an expired one: %v", err)
	}
	if found, err := store.SignInRequestByCode(ctx, "code of 2"); err != nil || found.TokenHash != "token of 2" || found.Number != "0042" {
		t.Errorf("%+v, %v", found, err)
	}
}

func TestShownSecretsAreSealedAndTakenOnce(t *testing.T) {
	t.Parallel()
	options := dbtest.Options(t)
	store := openWith(t, options)
	ctx := t.Context()
	insertPerson(t, store, "usr_1")
	for _, id := range []string{"sin_1", "sin_2", "sin_3"} {
		insertSignIn(t, store, id, "usr_1")
	}
	keep := func(signIn, object string, expires time.Time) {
		t.Helper()
		secret := users.ShownSecret{SignInID: signIn, Object: object, Secret: "sk_test_plain", ExpiresAt: expires}
		if err := store.InsertShownSecret(ctx, secret, start); err != nil {
			t.Fatal(err)
		}
	}
	gone := func(what, signIn, object string) {
		t.Helper()
		if _, err := store.TakeShownSecret(ctx, signIn, object); !errors.Is(err, checkout.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}

	keep("sin_1", "old", start.Add(-time.Second))
	keep("sin_1", "key_1", start.Add(time.Minute))
	gone("an expired one", "sin_1", "old")
	var sealed []byte
	if err := pool(t, options).QueryRow("SELECT secret_sealed FROM shown_secrets").Scan(&sealed); err != nil || bytes.Contains(sealed, []byte("plain")) {
		t.Errorf("kept as %q, %v", sealed, err)
	}
	gone("in another sign-in", "sin_2", "key_1")
	if secret, err := store.TakeShownSecret(ctx, "sin_1", "key_1"); err != nil || secret.Secret != "sk_test_plain" {
		t.Errorf("%+v, %v", secret, err)
	}
	gone("again", "sin_1", "key_1")

	for _, id := range []string{"sin_1", "sin_2", "sin_3"} {
		keep(id, "key_2", start.Add(time.Minute))
	}
	if err := store.EndSignIn(ctx, "sin_1", start); err != nil {
		t.Fatal(err)
	}
	if err := store.EndSignInOf(ctx, "usr_1", "sin_2", start); err != nil {
		t.Fatal(err)
	}
	if err := store.Disable(ctx, "usr_1", start, false); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"sin_1", "sin_2", "sin_3"} {
		gone("after the sign-in", id, "key_2")
	}
}

func TestPasswordEndsOtherSignIns(t *testing.T) {
	t.Parallel()
	store := open(t)
	ctx := t.Context()
	insertPerson(t, store, "usr_1")
	keep, other := insertSignIn(t, store, "sin_1", "usr_1"), insertSignIn(t, store, "sin_2", "usr_1")
	keep.TokenHash = "another hash"
	if err := store.SetPassword(ctx, "hashed", keep, start); err != nil {
		t.Fatal(err)
	}

	if in, user, err := store.SignIn(ctx, "another hash"); err != nil || !in.EndedAt.IsZero() || user.PasswordHash != "hashed" {
		t.Errorf("%+v of %+v, %v", in, user, err)
	}
	if _, _, err := store.SignIn(ctx, "hash of sin_1"); !errors.Is(err, checkout.ErrNotFound) {
		t.Errorf("the token before: %v", err)
	}
	if in, _, err := store.SignIn(ctx, other.TokenHash); err != nil || in.EndedAt.IsZero() {
		t.Errorf("the other sign-in: %+v, %v", in, err)
	}
	if err := store.SetPassword(ctx, "stolen", other, start); !errors.Is(err, checkout.ErrNotFound) {
		t.Errorf("by a sign-in that has ended: %v", err)
	}
}
