package db_test

import (
	"errors"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/db"
	"rieltime/db/dbtest"
)

func TestSecretIsLeasedToOneProcess(t *testing.T) {
	t.Parallel()
	options, now := dbtest.Options(t), start
	options.Now = func() time.Time { return now }
	var stores [2]*db.Store
	for i := range stores {
		store, err := db.Open(t.Context(), options)
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		stores[i] = store
	}
	apply(t, stores[0], "")
	lease := func(store *db.Store, account, name string) (lease checkout.SecretLease, held bool) {
		t.Helper()
		lease, held, err := store.Lease(t.Context(), account, name, 30*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		return lease, held
	}

	first, held := lease(stores[0], "acct_1", "token")
	if !held {
		t.Fatal("the first does not get it")
	}
	if _, held := lease(stores[1], "acct_1", "token"); held {
		t.Error("two hold it")
	}
	if _, held := lease(stores[1], "acct_1", "other"); !held {
		t.Error("another secret is held up")
	}
	for range 2 {
		if _, held := lease(stores[1], "acct_new", "token"); !held {
			t.Error("an account that is not stored yet waits for somebody")
		}
	}

	first.Release()
	second, held := lease(stores[1], "acct_1", "token")
	if !held {
		t.Error("released, and not to be had")
	}
	first.Release() // a holder of before ends nothing of the next
	if _, held := lease(stores[0], "acct_1", "token"); held {
		t.Error("taken from its holder")
	}
	now = now.Add(31 * time.Second)
	if _, held := lease(stores[0], "acct_1", "token"); !held {
		t.Error("a dead process holds it for ever")
	}
	if err := second.Keep(t.Context(), "older"); !errors.Is(err, checkout.ErrLeaseLost) {
		t.Errorf("who lost the lease stores a secret all the same: %v", err)
	}
	second.Release()
	if _, held := lease(stores[1], "acct_1", "token"); held {
		t.Error("who lost the lease has released the next holder's")
	}
	now = now.Add(-time.Hour)
	if _, held := lease(stores[1], "acct_1", "token"); !held {
		t.Error("a clock set back holds it up for an hour")
	}
}

func TestSecretIsStoredByTheHolderOfItsLease(t *testing.T) {
	store := open(t)
	apply(t, store, "")
	lease, held, err := store.Lease(t.Context(), "acct_1", "token", time.Minute)
	if err != nil || !held {
		t.Fatal(held, err)
	}
	if err := lease.Keep(t.Context(), "new"); err != nil {
		t.Fatal(err)
	}
	if kept, err := store.Get(t.Context(), "acct_1", "token"); err != nil || kept != "new" {
		t.Errorf("%q is kept, %v", kept.Reveal(), err)
	}
}

func TestDisabledAccountTakesNoPaymentsAndStillQueriesItsOwn(t *testing.T) {
	t.Parallel()
	store := open(t)
	apply(t, store, "")
	insert(t, store, session("cs_1"), payment("pay_1", "cs_1"))
	listed := func() (takes, asked int) {
		t.Helper()
		accounts, err := store.Accounts(t.Context(), "klaing", checkout.ModeTest)
		if err != nil {
			t.Fatal(err)
		}
		due, err := store.DueAccounts(t.Context(), start.Add(time.Minute), start)
		if err != nil {
			t.Fatal(err)
		}
		return len(accounts), len(due)
	}
	if takes, asked := listed(); takes != 1 || asked != 1 {
		t.Fatalf("enabled: takes payments %d, is asked %d", takes, asked)
	}
	text, key := checkout.NewAPIKey("klaing", checkout.ModeTest, start)
	_, err := store.ApplyMerchant(t.Context(), checkout.MerchantSetup{
		Merchant: checkout.Merchant{ID: "klaing", Name: "Coffee Klaing", ReturnHosts: []string{"shop.example"}, LatePayments: checkout.LateReview},
		Modes:    []checkout.ModeSetup{{Mode: checkout.ModeTest, KeyText: text, Key: key}}, At: start,
	})
	if err != nil {
		t.Fatal(err)
	}
	if takes, asked := listed(); takes != 0 || asked != 1 {
		t.Errorf("disabled: takes payments %d, is asked %d", takes, asked)
	}
}
