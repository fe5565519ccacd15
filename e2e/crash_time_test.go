//go:build e2e

package e2e

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	_ "modernc.org/sqlite"
)

// How long questions get no answer before the two days in which the checkout is
// down, while buyers go on paying, and after them.
const (
	silentBefore = 3 * time.Second
	silentAfter  = 6 * time.Second
)

var (
	unavailable = misbehaviour{Kind: "status", Status: http.StatusServiceUnavailable}
	silent      = []misbehaviour{{Kind: "timeout", Rate: 0.2}, unavailable}
)

// silenceProviders has all providers be silent for two days, in which the checkout is
// down: after its start all that was in flight is two days old, and its
// questions get no answer for a while yet.
func (w *crashHarness) silenceProviders(dice *rand.Rand) {
	w.count("silences of two days")
	w.callbacksRest.Store(true)
	for _, name := range withCallbacks {
		w.control(http.MethodPost, w.sims[name]+"/control/callbacks", callbackRules{Drop: true})
	}

	w.putFaults(silent)
	w.setFaults(w.sims["bayopay"], []misbehaviour{unavailable}) // only buyers call it, and none waits for two days
	time.Sleep(silentBefore)

	w.atProviders.Lock() // nobody is half-way through a payment
	w.silences.Add(1)
	w.kill(dice, func() {
		w.countInFlight()
		w.age(48 * time.Hour)
	})

	w.atProviders.Unlock()

	time.Sleep(silentAfter)
	w.putFaults(misconduct)
	w.callbacksRest.Store(false)
}

// countInFlight counts the money that providers have taken and that is not known
// here, while no server runs.
func (w *crashHarness) countInFlight() {
	w.t.Helper()
	money, _ := w.money()
	w.database(func(db *sql.DB) error {
		for _, m := range money {
			known := false
			err := db.QueryRow("SELECT EXISTS (SELECT 1 FROM payments WHERE provider = $1 AND transaction_id = $2)", m.provider, m.transaction).Scan(&known)
			if err != nil {
				return err
			}

			if !known && m.reference != "" {
				w.count("payments taken and not known when two days passed")
			}
		}

		return nil
	})
}

// passDay has a day pass in which the checkout is down: what rests for up to a
// day after unanswered questions is due then.
func (w *crashHarness) passDay() {
	w.checkout.Stop()
	w.age(25 * time.Hour)
	w.checkout.Launch()
	w.checkout.WaitReady()
}

func (w *crashHarness) openFile() (*sql.DB, error) {
	return sql.Open("sqlite", "file:"+url.PathEscape(filepath.Join(w.dataDir, "rieltime.db"))+"?_pragma=busy_timeout(10000)&_txlock=immediate")
}

// database works on the database while no server does.
func (w *crashHarness) database(work func(db *sql.DB) error) {
	w.t.Helper()
	db, err := w.openDatabase()
	if err != nil {
		w.t.Fatal(err)
	}
	defer db.Close()
	if err := work(db); err != nil {
		w.t.Fatal(err)
	}
}

// age moves all times in the database into the past, as if the server had been
// down for that long. Times inside proofs stay: they are what providers said.
func (w *crashHarness) age(by time.Duration) {
	w.t.Helper()
	w.database(func(db *sql.DB) error {
		tx, err := db.Begin()
		if err != nil {
			return err
		}

		defer func() { _ = tx.Rollback() }() // does nothing after the commit

		rows, err := tx.Query(`SELECT "table", "column" FROM (` + w.columns() + `) AS columns
			WHERE "table" NOT IN ('schema_versions', 'audit') AND "column" <> 'hears_since' -- a sequence
				AND ("column" = 'at' OR "column" LIKE '%\_at' ESCAPE '\' OR "column" LIKE '%\_until' ESCAPE '\' OR "column" LIKE '%\_since' ESCAPE '\')`)
		if err != nil {
			return err
		}

		columns := map[string][]string{}
		for rows.Next() {
			var table, column string
			if err := rows.Scan(&table, &column); err != nil {
				return err
			}
			columns[table] = append(columns[table], column)
		}

		if err := rows.Err(); err != nil {
			return err
		}

		for table, names := range columns {
			if _, err := tx.Exec(aged(table, names, by, w.onServer())); err != nil {
				return fmt.Errorf("%s: %w", table, err)
			}
		}

		return tx.Commit()
	})
}

// onServer reports whether the database is PostgreSQL's.
func (w *crashHarness) onServer() bool { return w.checkout == nil }

// columns is a query for all columns of all tables.
func (w *crashHarness) columns() string {
	if w.onServer() {
		return `SELECT table_name AS "table", column_name AS "column" FROM information_schema.columns
			JOIN information_schema.tables USING (table_schema, table_name) WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
				AND NOT EXISTS (SELECT 1 FROM pg_class WHERE relname = table_name AND relispartition)`
	}
	return `SELECT m.name AS "table", c.name AS "column" FROM sqlite_master m JOIN pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'`
}

// aged is the statement that moves a table's times. Ours are milliseconds since
// 1970, 0 for none. River's are texts that begin with date and time, to the second;
// on a server they are times.
func aged(table string, columns []string, by time.Duration, onServer bool) string {
	set := make([]string, len(columns))
	for i, c := range columns {
		set[i] = fmt.Sprintf("%s = CASE WHEN %[1]s > 0 THEN %[1]s - %d ELSE %[1]s END", c, by.Milliseconds())
		switch river := strings.HasPrefix(table, "river_"); {
		case river && onServer:
			set[i] = fmt.Sprintf("%s = %[1]s - interval '%d seconds'", c, int(by.Seconds()))
		case river:
			set[i] = fmt.Sprintf("%s = strftime('%%Y-%%m-%%d %%H:%%M:%%f', substr(%[1]s, 1, 19), '-%d seconds')", c, int(by.Seconds()))
		}
	}
	return "UPDATE " + table + " SET " + strings.Join(set, ", ")
}

// launchThree starts the checkout and two more processes on the same database
// at once. All must come up; then the other two stop. How they end is not
// judged: beside two more writers, work under way can outlast their grace.
func (w *crashHarness) launchThree() {
	w.t.Helper()
	all := []*process{w.checkout}
	for range 2 {
		other := *w.checkout
		address := freeAddress(w.t)
		other.ready = "http://" + address + "/readyz"
		other.args = []string{"serve", "--listen", address, "--allow-private-webhooks"}
		all = append(all, &other)
	}

	for _, p := range all {
		p.Launch()
	}

	for _, p := range all {
		p.WaitReady()
	}

	for _, p := range all[1:] {
		p.end(syscall.SIGTERM)
	}

	w.count("starts of three processes at once")
}
