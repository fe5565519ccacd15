package db_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
	"rieltime/checkout/users"
	"rieltime/db"
)

// insertPerson adds a user of no merchant.
func insertPerson(t *testing.T, store *db.Store, id string) users.User {
	t.Helper()
	user := users.User{ID: id, Email: id + "@klaing.example", CreatedAt: start}
	if err := store.InsertUser(t.Context(), user, nil); err != nil {
		t.Fatal(err)
	}
	return user
}

func passkey(id, userID string) users.Passkey {
	return users.Passkey{
		ID: id, UserID: userID, CredentialID: []byte("credential of " + id), PublicKey: []byte{0, 1, 0xff}, Transports: []string{"internal", "hybrid"},
		BackupEligible: true, UserVerified: true, SignCount: 7, Name: "Phone", CreatedAt: start,
	}
}

func TestPasskeysAreKept(t *testing.T) {
	t.Parallel()
	store := open(t)
	insertPerson(t, store, "usr_1")
	insertPerson(t, store, "usr_2")
	ctx := t.Context()
	if err := store.InsertPasskey(ctx, passkey("pky_1", "usr_1"), 2); err != nil {
		t.Fatal(err)
	}
	if err := store.InsertPasskey(ctx, passkey("pky_2", "usr_1"), 2); err != nil {
		t.Fatal(err)
	}
	if err := store.InsertPasskey(ctx, passkey("pky_3", "usr_1"), 2); !errors.Is(err, users.ErrTooManyPasskeys) {
		t.Errorf("a third: %v", err)
	}
	taken := passkey("pky_4", "usr_2")
	taken.CredentialID = []byte("credential of pky_1")
	if err := store.InsertPasskey(ctx, taken, 2); !errors.Is(err, users.ErrPasskeyTaken) {
		t.Errorf("another user's: %v", err)
	}

	kept, err := store.PasskeyByCredential(ctx, []byte("credential of pky_1"))
	if want := passkey("pky_1", "usr_1"); err != nil || string(kept.PublicKey) != string(want.PublicKey) || kept.SignCount != 7 ||
		strings.Join(kept.Transports, " ") != "internal hybrid" || !kept.BackupEligible || kept.BackedUp || !kept.CreatedAt.Equal(start) || !kept.UsedAt.IsZero() {
		t.Errorf("%+v, %v", kept, err)
	}

	for _, change := range []error{store.RenamePasskey(ctx, "usr_2", "pky_1", "Mine"), store.DeletePasskey(ctx, "usr_2", "pky_1")} {
		if !errors.Is(change, checkout.ErrNotFound) {
			t.Errorf("another user's: %v", change)
		}
	}
	if err := errors.Join(store.RenamePasskey(ctx, "usr_1", "pky_1", "Tablet"), store.DeletePasskey(ctx, "usr_1", "pky_2")); err != nil {
		t.Fatal(err)
	}
	if all, err := store.Passkeys(ctx, "usr_1"); err != nil || len(all) != 1 || all[0].Name != "Tablet" {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestSignCountOnlyRises(t *testing.T) {
	t.Parallel()
	store := open(t)
	insertPerson(t, store, "usr_1")
	k := passkey("pky_1", "usr_1")
	if err := store.InsertPasskey(t.Context(), k, 2); err != nil {
		t.Fatal(err)
	}

	for _, use := range []struct {
		count uint32
		want  error
	}{{8, nil}, {8, users.ErrPasskeyCopied}, {7, users.ErrPasskeyCopied}, {9, nil}} {
		k.SignCount, k.UsedAt = use.count, start.Add(time.Minute)
		if err := store.NotePasskeyUse(t.Context(), k); !errors.Is(err, use.want) {
			t.Errorf("%d: %v, want %v", use.count, err, use.want)
		}
	}
	if err := store.NotePasskeyCopy(t.Context(), "pky_1", start); err != nil {
		t.Fatal(err)
	}
	if all, err := store.Passkeys(t.Context(), "usr_1"); err != nil || all[0].SignCount != 9 || !all[0].CopiedAt.Equal(start) || all[0].UsedAt.IsZero() {
		t.Errorf("%+v, %v", all, err)
	}

	uncounted := passkey("pky_2", "usr_1") // some devices never count
	uncounted.SignCount = 0
	if err := store.InsertPasskey(t.Context(), uncounted, 2); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := store.NotePasskeyUse(t.Context(), uncounted); err != nil {
			t.Error(err)
		}
	}
}

func TestChallengeIsTakenOnce(t *testing.T) {
	t.Parallel()
	store := open(t)
	challenge := users.Challenge{TokenHash: "h1", Purpose: users.PurposePasskey, UserID: "usr_1", Text: "abc", ExpiresAt: start.Add(time.Minute)}
	if err := store.InsertChallenge(t.Context(), challenge, start); err != nil {
		t.Fatal(err)
	}
	if _, err := store.TakeChallenge(t.Context(), "h1", users.PurposeRegister); !errors.Is(err, checkout.ErrNotFound) {
		t.Errorf("for another purpose: %v", err)
	}
	if found, err := store.Challenge(t.Context(), "h1", users.PurposePasskey); err != nil || found.UserID != "usr_1" {
		t.Errorf("looked at: %+v, %v", found, err)
	}
	if taken, err := store.TakeChallenge(t.Context(), "h1", users.PurposePasskey); err != nil || taken.UserID != "usr_1" || taken.Text != "abc" || !taken.ExpiresAt.Equal(challenge.ExpiresAt) {
		t.Errorf("%+v, %v", taken, err)
	}
	if _, err := store.TakeChallenge(t.Context(), "h1", users.PurposePasskey); !errors.Is(err, checkout.ErrNotFound) {
		t.Errorf("again: %v", err)
	}

	if err := store.InsertChallenge(t.Context(), challenge, start); err != nil {
		t.Fatal(err)
	}
	challenge.TokenHash = "h2"
	if err := store.InsertChallenge(t.Context(), challenge, start.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, err := store.TakeChallenge(t.Context(), "h1", users.PurposePasskey); !errors.Is(err, checkout.ErrNotFound) {
		t.Errorf("what has expired is kept: %v", err)
	}
}

func TestUserChangesTheirOwn(t *testing.T) {
	t.Parallel()
	store := open(t)
	insertPerson(t, store, "usr_1")
	insertPerson(t, store, "usr_2")
	ctx := t.Context()
	if err := store.SetProfile(ctx, "usr_1", "Sokha", "km"); err != nil {
		t.Fatal(err)
	}
	if user, err := store.User(ctx, "usr_1"); err != nil || user.Name != "Sokha" || user.Locale != "km" {
		t.Errorf("%+v, %v", user, err)
	}

	for i, id := range []string{"sin_1", "sin_2"} {
		at := start.Add(time.Duration(i) * time.Minute)
		signIn := users.SignIn{ID: id, UserID: "usr_1", TokenHash: id, Method: users.MethodPasskey, CreatedAt: at, AuthenticatedAt: at, SeenAt: at}
		if err := store.InsertSignIn(ctx, signIn); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.EndSignInOf(ctx, "usr_2", "sin_1", start); !errors.Is(err, checkout.ErrNotFound) {
		t.Errorf("another user's: %v", err)
	}
	if all, err := store.SignIns(ctx, "usr_1", 10); err != nil || len(all) != 2 || all[0].ID != "sin_2" || all[1].Method != users.MethodPasskey {
		t.Errorf("%+v, %v", all, err)
	}
	if err := store.EndSignInOf(ctx, "usr_1", "sin_2", start); err != nil {
		t.Fatal(err)
	}
	if all, err := store.SignIns(ctx, "usr_1", 10); err != nil || len(all) != 1 || all[0].ID != "sin_1" {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestLastPasskeyStays(t *testing.T) {
	t.Parallel()
	r := newReplicas(t)
	ctx, store := t.Context(), r.stores[0]
	insertPerson(t, store, "usr_1")
	for _, id := range []string{"pky_1", "pky_2"} {
		if err := store.InsertPasskey(ctx, passkey(id, "usr_1"), 2); err != nil {
			t.Fatal(err)
		}
	}

	done := r.atOnce(func(writer int, store *db.Store, _ checkouttest.Process) error {
		return store.DeletePasskey(ctx, "usr_1", []string{"pky_1", "pky_2"}[writer/2%2])
	}, users.ErrLastPasskey, checkout.ErrNotFound)
	left, err := store.Passkeys(ctx, "usr_1")
	if done != 1 || len(left) != 1 || err != nil {
		t.Fatalf("%d removed, %d left, %v", done, len(left), err)
	}

	if err := store.SetPassword(ctx, "hashed", insertSignIn(t, store, "sin_1", "usr_1"), start); err != nil {
		t.Fatal(err)
	}
	if err := store.DeletePasskey(ctx, "usr_1", left[0].ID); err != nil {
		t.Errorf("the last one of a user with a password: %v", err)
	}
}
