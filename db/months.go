package db

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"rieltime/internal/cambodia"
)

// monthlyTables are the tables that PostgreSQL keeps in partitions, one for each month
// in Cambodia by their column at, as all days are Cambodia's. Rows of a month that has
// none are in a default partition, so that no insert fails: those are of a clock that
// was far off. SQLite has plain tables.
var monthlyTables = []string{attemptsTable, auditTable}

const (
	attemptsTable = "delivery_attempts"
	auditTable    = "audit"
)

const (
	monthsAhead    = 3                               // for which partitions are made, beside this month's
	monthsMustHave = 1                               // of these, without which something is wrong
	defaultSuffix  = "_default"                      // of the name of a default partition
	unplacedSuffix = "_unplaced"                     // of the name of the table with rows that were in it; see setAside
	detachedSuffix = "_detached"                     // of the name of a month that was taken out of its table
	monthsComment  = "/* months */ "                 // begins statements that only PostgreSQL has, for the tests of plans
	monthsWait     = "SET LOCAL lock_timeout = 2000" // others wait behind for as long
)

// monthOf returns the beginning of the month that a moment is in.
func monthOf(at time.Time) time.Time {
	year, month, _ := at.In(cambodia.Zone).Date()
	return time.Date(year, month, 1, 0, 0, 0, 0, cambodia.Zone)
}

// monthsFrom returns the month that a moment is in, and the following ones.
func monthsFrom(at time.Time, following int) []time.Time {
	months := make([]time.Time, following+1)
	for i := range months {
		months[i] = monthOf(at).AddDate(0, i, 0)
	}
	return months
}

// partitionOf is the name of a month's partition.
func partitionOf(table string, month time.Time) string {
	return table + month.Format("_2006_01")
}

// monthOfPartition returns the month of a partition; false for the default one.
func monthOfPartition(table, name string) (time.Time, bool) {
	month, err := time.ParseInLocation("_2006_01", strings.TrimPrefix(name, table), cambodia.Zone)
	return month, err == nil
}

// makeMonths makes the partitions of some months that a table lacks. Several replicas may
// do so at once.
func makeMonths(ctx context.Context, tx *sql.Tx, table string, months []time.Time) error {
	if err := lockMonths(ctx, tx, table); err != nil {
		return err
	}

	partitions, err := selectPartitions(ctx, tx, table)
	if err != nil {
		return err
	}

	var statements []string
	for _, month := range months {
		name := partitionOf(table, month)
		if slices.Contains(partitions, name) {
			continue
		}
		partitions = append(partitions, name)
		statements = append(statements, fmt.Sprintf("CREATE TABLE %s PARTITION OF %s FOR VALUES FROM (%d) TO (%d)",
			name, table, millis(month), millis(month.AddDate(0, 1, 0))))
	}
	if len(statements) == 0 {
		return nil
	}

	if err := setAside(ctx, tx, table); err != nil {
		return err
	}
	for _, statement := range statements {
		if _, err := tx.ExecContext(ctx, monthsComment+statement); err != nil {
			return fmt.Errorf("make the months of %s: %w", table, err)
		}
	}

	return nil
}

// lockMonths holds off others that change a table's partitions, and has the
// transaction give up when writers hold it off, since others wait behind it.
func lockMonths(ctx context.Context, tx *sql.Tx, table string) error {
	if _, err := tx.ExecContext(ctx, monthsWait); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, postgresDialect.lock, "months:"+table)
	return err
}

// selectPartitions lists the names of a table's partitions.
func selectPartitions(ctx context.Context, q querier, table string) ([]string, error) {
	return queryStrings(ctx, q, monthsComment+`SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
		WHERE i.inhparent = to_regclass($1) ORDER BY c.relname`, table)
}

// selectMonths finds what is wrong with the partitions of all tables, and the months
// that were taken out of them.
func selectMonths(ctx context.Context, q querier, now time.Time) (found Months, err error) {
	for _, table := range monthlyTables {
		partitions, err := selectPartitions(ctx, q, table)
		if err != nil {
			return found, err
		}

		for _, month := range monthsFrom(now, monthsMustHave) {
			if name := partitionOf(table, month); !slices.Contains(partitions, name) {
				found.Missing = append(found.Missing, name)
			}
		}

		detached, err := queryStrings(ctx, q, monthsComment+`SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace
			AND relkind = 'r' AND starts_with(relname, $1) AND right(relname, length($2::text)) = $2 ORDER BY relname`, table+"_", detachedSuffix)
		if err != nil {
			return found, err
		}

		found.Detached = append(found.Detached, detached...)

		for _, name := range []string{table + defaultSuffix, table + unplacedSuffix} {
			has, err := hasRows(ctx, q, name)
			if err != nil {
				return found, err
			}
			if has {
				found.Unplaced = append(found.Unplaced, name)
			}
		}
	}

	return found, nil
}

// makeMonthsIn makes the partitions of some months that a table lacks, and those of rows
// that have none, in a transaction of its own: a partition of one table locks other tables
// than that of another.
func makeMonthsIn(ctx context.Context, db *sql.DB, table string, months []time.Time) error {
	outside, err := monthsOutside(ctx, db, table)
	if err != nil {
		return err
	}

	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}

	defer func() { _ = tx.Rollback() }() // does nothing after Commit

	if err := makeMonths(ctx, tx, table, slices.Concat(months, outside)); err != nil {
		return err
	}

	return tx.Commit()
}

// makePastMonths makes the partitions of the months from the one that a store for the past
// begins in.
func (s *Store) makePastMonths(ctx context.Context, options Options) error {
	if !options.Past || !s.dialect.monthly {
		return nil
	}

	months := int(time.Since(s.now())/(28*24*time.Hour)) + 1
	for _, table := range monthlyTables {
		if err := makeMonthsIn(ctx, s.write, table, monthsFrom(s.now(), months)); err != nil {
			return err
		}
	}
	return nil
}
