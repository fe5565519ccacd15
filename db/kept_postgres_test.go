//go:build postgres

package db_test

import (
	"testing"

	"rieltime/db"
	"rieltime/db/dbtest"
)

// TestDatabasesOfTestsAreEmptyAndUnchanged looks at what a test finds in a database after
// others have changed it.
func TestDatabasesOfTestsAreEmptyAndUnchanged(t *testing.T) {
	leaves := map[string]string{
		"rows":       "INSERT INTO users (id, email, created_at) VALUES ('user_1', 'sok@shop.example', 1)",
		"sequence":   "SELECT nextval('river_job_id_seq')",
		"column":     "ALTER TABLE users ADD COLUMN extra text",
		"trigger":    "ALTER TABLE payments DISABLE TRIGGER ALL",
		"constraint": "ALTER TABLE payments DROP CONSTRAINT payments_currency_check",
		"default":    "ALTER TABLE users ALTER COLUMN email SET DEFAULT 'x'",
		"index":      "CREATE INDEX extra ON users (name)",
		"function":   "CREATE FUNCTION extra() RETURNS int LANGUAGE sql RETURN 1",
		"statistics": "ANALYZE schema_versions",
		"version":    "UPDATE schema_versions SET is_applied = false",
		"setting":    "DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || ' SET lock_timeout = 7'; END $$",
	}

	const state = `SELECT concat_ws(' ', (SELECT count(*) FROM users), (SELECT last_value || is_called::text FROM river_job_id_seq),
		(SELECT count(*) FROM pg_attribute), (SELECT count(*) FROM pg_trigger WHERE tgenabled = 'D'), (SELECT count(*) FROM pg_constraint), (SELECT count(*) FROM pg_attrdef),
		(SELECT count(*) FROM pg_class), (SELECT count(*) FROM pg_proc), (SELECT count(*) FROM pg_statistic), (SELECT count(*) FROM schema_versions WHERE NOT is_applied),
		(SELECT count(*) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase WHERE d.datname = current_database()))`
	want := valueIn(t, dbtest.Fresh(t), state)
	for name, leave := range leaves {
		t.Run(name, func(t *testing.T) {
			options := dbtest.Options(t)
			if got := valueIn(t, options, state); got != want {
				t.Errorf("before: %s, want %s", got, want)
			}
			executeIn(t, options, leave)
			if got := valueIn(t, options, state); got == want {
				t.Error("nothing was changed")
			}
		})
		t.Run("after "+name, func(t *testing.T) {
			if got := valueIn(t, dbtest.Options(t), state); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		})
	}
}

// TestStoreThatATestLeavesOpenEndsItsDatabase: its jobs would go on in another test.
func TestStoreThatATestLeavesOpenEndsItsDatabase(t *testing.T) {
	left, stores := "", []*db.Store{}
	t.Run("leaves it", func(t *testing.T) {
		options := dbtest.Options(t)
		store, err := db.Open(t.Context(), options)
		if err != nil {
			t.Fatal(err)
		}
		left, stores = options.URL, append(stores, store)
	})
	t.Run("another", func(t *testing.T) {
		if dbtest.Options(t).URL == left {
			t.Error("the database was given to another test")
		}
	})
	for _, store := range stores {
		_ = store.Close()
	}
}

func valueIn(t *testing.T, options db.Options, query string) (value string) {
	t.Helper()
	if err := pool(t, options).QueryRow(query).Scan(&value); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return value
}
