package db_test

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/verifier"
	"rieltime/db"
	"rieltime/db/dbtest"
)

// What is read again and again is kept in memory; a change that any process makes of it is
// seen by what is read after it.
func TestChangedSettingsAreSeenAtOnce(t *testing.T) {
	options := dbtest.Options(t)
	stores := [2]*db.Store{openWith(t, options), openWith(t, options)}
	accountID, applied := apply(t, stores[0], "https://shop.example/hook")
	hash := checkout.HashAPIKey(applied.APIKey.Reveal())
	if err := stores[0].Put(t.Context(), accountID, "token", "before"); err != nil {
		t.Fatal(err)
	}

	settings := map[string]struct {
		read   func(*db.Store) (any, error)
		change func(*db.Store) error
	}{
		"merchant": {
			func(s *db.Store) (any, error) {
				m, err := s.Merchant(t.Context(), "klaing")
				return m.Name, err
			},
			func(s *db.Store) error { return rename(t, s, "Tea Klaing") },
		},
		"account": {
			func(s *db.Store) (any, error) {
				a, err := s.Account(t.Context(), accountID)
				return string(a.Settings), err
			},
			func(s *db.Store) error { return setAccount(t, s, accountID, `{"token":"another"}`) },
		},
		"accounts": {
			func(s *db.Store) (any, error) {
				accounts, err := s.Accounts(t.Context(), "klaing", checkout.ModeTest)
				return len(accounts), err
			},
			func(s *db.Store) error { return setAccount(t, s, "", "") },
		},
		"secret of an account": {
			func(s *db.Store) (any, error) {
				secret, err := s.Get(t.Context(), accountID, "token")
				return secret.Reveal(), err
			},
			func(s *db.Store) error { return s.Put(t.Context(), accountID, "token", "after") },
		},
		"API key": {
			func(s *db.Store) (any, error) {
				key, err := s.APIKey(t.Context(), hash)
				return key.RevokedAt, err
			},
			func(s *db.Store) error {
				key, err := s.APIKey(t.Context(), hash)
				if err == nil {
					_, err = s.RevokeKey(t.Context(), key.ID, start.Add(time.Hour))
				}
				return err
			},
		},
		"webhook endpoint": {
			func(s *db.Store) (any, error) {
				e, err := s.Endpoint(t.Context(), "we_1")
				return e.URL, err
			},
			func(s *db.Store) error {
				_, err := s.UpdateEndpoint(t.Context(), "we_1", func(e *checkout.WebhookEndpoint) error {
					e.URL += "/2"
					return nil
				})
				return err
			},
		},
	}

	for name, setting := range settings {
		for reader, store := range stores {
			before, err := setting.read(store)
			if again, repeated := setting.read(store); err != nil || repeated != nil || again != before {
				t.Fatalf("%s: %v, then %v, %v", name, before, again, errors.Join(err, repeated))
			}
			if reader > 0 {
				continue
			}
			if _, err := setting.read(stores[1]); err != nil {
				t.Fatal(err)
			}
			if err := setting.change(stores[0]); err != nil {
				t.Fatalf("%s: %v", name, err)
			}

			for changed, store := range stores {
				if after, err := setting.read(store); err != nil || after == before {
					t.Errorf("%s: store %d reads %v after the change, %v", name, changed, after, err)
				}
			}
		}
	}
}

func rename(t *testing.T, s *db.Store, name string) error {
	_, err := s.ApplyMerchant(t.Context(), checkout.MerchantSetup{
		Merchant: checkout.Merchant{ID: "klaing", Name: name, LatePayments: checkout.LateReview}, At: start,
	})
	return err
}

// setAccount gives klaing one account with such settings; none without an id.
func setAccount(t *testing.T, s *db.Store, id, settings string) error {
	mode := checkout.ModeSetup{Mode: checkout.ModeTest}
	if id != "" {
		mode.Accounts = []checkout.Account{{ID: id, MerchantID: "klaing", Mode: checkout.ModeTest, Provider: "bakong", Settings: []byte(settings)}}
	}
	_, err := s.ApplyMerchant(t.Context(), checkout.MerchantSetup{
		Merchant: checkout.Merchant{ID: "klaing", Name: "Klaing", LatePayments: checkout.LateReview}, Modes: []checkout.ModeSetup{mode}, At: start,
	})
	return err
}

// Whoever reads while others write sees nothing older than the last change that had
// ended when it began to read.
func TestSettingsAreNeverReadOlderThanTheLastChange(t *testing.T) {
	const changes = 60
	options := dbtest.Options(t)
	stores := [2]*db.Store{openWith(t, options), openWith(t, options)}
	apply(t, stores[0], "")

	var ended atomic.Int64
	done := make(chan struct{})
	var readers sync.WaitGroup
	for _, store := range stores {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}

				least := ended.Load()
				merchant, err := store.Merchant(t.Context(), "klaing")
				if read, _ := strconv.ParseInt(merchant.Name, 10, 64); err != nil || read < least {
					t.Errorf("read %q after change %d, %v", merchant.Name, least, err)
					return
				}
			}
		})
	}

	for n := range int64(changes) {
		if err := rename(t, stores[n%2], fmt.Sprint(n+1)); err != nil {
			t.Fatal(err)
		}
		ended.Store(n + 1)
	}
	close(done)
	readers.Wait()
}

// Requests in a row read what merchants set up once from a file, also after a change that
// failed.
func TestSettingsAreReadOnce(t *testing.T) {
	store := openAt(t, filepath.Join(t.TempDir(), "rieltime.db"), make([]byte, db.KeySize))
	accountID, applied := apply(t, store, "https://shop.example/hook")
	hash := checkout.HashAPIKey(applied.APIKey.Reveal())
	queries := 0
	defer db.RecordQueries(func(string, []driver.NamedValue) { queries++ })()

	expect := func(most int) {
		t.Helper()
		queries = 0
		_, byHash := store.APIKey(t.Context(), hash)
		_, merchant := store.Merchant(t.Context(), "klaing")
		_, account := store.Account(t.Context(), accountID)
		endpoint, byID := store.Endpoint(t.Context(), "we_1")
		accounts, list := store.Accounts(t.Context(), "klaing", checkout.ModeTest)
		if _, err := store.Get(t.Context(), accountID, "token"); !errors.Is(err, checkout.ErrNotFound) {
			t.Errorf("a secret that was not kept: %v", err)
		}
		if err := errors.Join(byHash, merchant, account, byID, list); err != nil || len(accounts) != 1 || accounts[0].ID != accountID {
			t.Fatalf("%v, %v", accounts, err)
		}
		if endpoint.URL != "https://shop.example/hook" || queries != most {
			t.Errorf("%d queries, want %d; the endpoint is at %s", queries, most, endpoint.URL)
		}
		accounts[0].ID = "changed by its reader"
	}

	expect(6)
	expect(0)

	// What comes with each payment changes no settings.
	insert(t, store, session("cs_1"), payment("pay_1", "cs_1"))
	expire(t, store, "cs_1")
	err := store.UpdateQuota(t.Context(), accountID, func(quota *verifier.Quota) { quota.Queries++ })
	if err != nil {
		t.Fatal(err)
	}
	expect(0)

	key, err := store.APIKey(t.Context(), hash)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.InsertKey(t.Context(), key, "", time.Time{}); err == nil {
		t.Fatal("a key was stored twice")
	}
	expect(6)
	expect(0)
}

func TestChangedSettingsAreSeenAtOnceThroughALink(t *testing.T) {
	t.Parallel()
	path, link := filepath.Join(t.TempDir(), "rieltime.db"), filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	one, err := db.Open(t.Context(), db.Options{Path: link, Key: make([]byte, db.KeySize)}) // makes the file
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = one.Close() })
	apply(t, one, "")
	other := openAt(t, path, make([]byte, db.KeySize))

	for _, name := range []string{"one", "two"} {
		if err := rename(t, one, name); err != nil {
			t.Fatal(err)
		}
		if m, err := other.Merchant(t.Context(), "klaing"); err != nil || m.Name != name {
			t.Errorf("%s, want %s (%v)", m.Name, name, err)
		}
	}
}

// A file of the stamp that cannot be opened keeps no server from starting.
func TestSettingsAreReadEachTimeWithoutAStamp(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rieltime.db")
	if err := os.Mkdir(path+".settings", 0o700); err != nil {
		t.Fatal(err)
	}

	store := openAt(t, path, make([]byte, db.KeySize))
	apply(t, store, "")
	for _, name := range []string{"one", "two"} {
		if err := rename(t, store, name); err != nil {
			t.Fatal(err)
		}
		if m, err := store.Merchant(t.Context(), "klaing"); err != nil || m.Name != name {
			t.Errorf("%s, %v", m.Name, err)
		}
	}
}
