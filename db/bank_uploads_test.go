package db_test

import (
	"path/filepath"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/statements"
	"rieltime/db"
)

func TestUploadedStatementWaitsForADay(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "rieltime.db")
	store := openAt(t, path, make([]byte, db.KeySize))
	apply(t, store, "")
	accounts, err := store.Accounts(t.Context(), "klaing", checkout.ModeTest)
	if err != nil {
		t.Fatal(err)
	}
	upload := func(id, by string, at time.Time) {
		t.Helper()
		u := statements.Upload{ID: id, MerchantID: "klaing", Mode: checkout.ModeTest, AccountID: accounts[0].ID, Name: "a.csv", File: []byte(id), At: at, By: by}
		if err := store.InsertBankUpload(t.Context(), u); err != nil {
			t.Fatal(err)
		}
	}
	upload("bu_1", "user:usr_1", start)
	upload("bu_2", "user:usr_1", start) // in place of the one before
	upload("bu_3", "user:usr_2", start.Add(-25*time.Hour))

	there := func(store *db.Store, merchant string, mode checkout.Mode, id string) bool {
		t.Helper()
		u, err := store.BankUpload(t.Context(), merchant, mode, id)
		if err == nil && string(u.File) != id {
			t.Errorf("%s has the file %q", id, u.File)
		}
		return err == nil
	}
	if there(store, "klaing", checkout.ModeTest, "bu_1") || !there(store, "klaing", checkout.ModeTest, "bu_2") {
		t.Error("a user's second upload is not in place of the first")
	}
	if there(store, "krama", checkout.ModeTest, "bu_2") || there(store, "klaing", checkout.ModeLive, "bu_2") {
		t.Error("an upload is found from another merchant or mode")
	}

	defer startQueue(t, store, &deliveries{store: store})()
	eventually(t, "the old upload is deleted", func() bool { return !there(store, "klaing", checkout.ModeTest, "bu_3") })
	if !there(store, "klaing", checkout.ModeTest, "bu_2") {
		t.Error("a new upload is deleted")
	}
}
