package db

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"rieltime/internal/cambodia"
)

// A partition cannot be made beside rows of its own in the default one, and the time to
// move these, or only to look for them, grows with all that are there, while all writers
// wait. So the default partition is taken out of its table with its rows, in a moment, and
// an empty one takes its place. Its rows then move to their months in small pieces.
// Until they have, they are read from where they are: see rowsOf.

// setAside empties a table's default partition: what is in it is unplaced from then on.
// Rows that are unplaced already must have moved before.
func setAside(ctx context.Context, tx *sql.Tx, table string) error {
	partition, unplaced := table+defaultSuffix, table+unplacedSuffix
	if _, err := tx.ExecContext(ctx, monthsComment+"LOCK TABLE "+table+" IN ACCESS EXCLUSIVE MODE"); err != nil {
		return err
	}
	if has, err := hasRows(ctx, tx, partition); err != nil || !has {
		return err
	}
	if has, err := hasRows(ctx, tx, unplaced); err != nil {
		return err
	} else if has {
		return fmt.Errorf("rows of %s still wait for the partitions of their months", unplaced)
	}

	for _, statement := range []string{
		"DROP TABLE " + unplaced,
		"ALTER TABLE " + table + " DETACH PARTITION " + partition,
		"ALTER TABLE " + partition + " RENAME TO " + unplaced,
		"CREATE TABLE " + partition + " PARTITION OF " + table + " DEFAULT",
	} {
		if _, err := tx.ExecContext(ctx, monthsComment+statement); err != nil {
			return fmt.Errorf("empty %s: %w", partition, err)
		}
	}

	return nil
}

func hasRows(ctx context.Context, q querier, table string) (has bool, err error) {
	err = q.QueryRowContext(ctx, monthsComment+"SELECT EXISTS (SELECT 1 FROM "+table+")").Scan(&has)
	return has, err
}

// rowsOf is where all rows of a table are read from, also those that are unplaced.
func (d dialect) rowsOf(table string) string {
	if !d.monthly || !slices.Contains(monthlyTables, table) {
		return table
	}
	return "(SELECT * FROM " + table + " UNION ALL SELECT * FROM " + table + unplacedSuffix + ") AS " + table
}

// keepMonths makes a table's partitions of this month and the next ones, and those of
// rows that have none, and moves these there.
func (s *Store) keepMonths(ctx context.Context, table string) error {
	if err := s.placeRows(ctx, table); err != nil { // that others have left
		return err
	}

	outside, err := monthsOutside(ctx, s.lists, table)
	if err != nil {
		return err
	}

	err = s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		return makeMonths(ctx, tx, table, slices.Concat(monthsFrom(s.now(), monthsAhead), outside))
	})
	if err != nil {
		return err
	}

	return s.placeRows(ctx, table)
}

// Of a table without an order, so many of the server's pages are read at once.
const (
	pagesMoved  = 16     // some thousand rows
	pagesLooked = 20_000 // 160 MB, in much less than the time that a statement may take
)

// placeRows moves the rows that are unplaced to their months, a few pages at a time; those
// of a month without a partition to the default one. Several replicas may do so at once.
func (s *Store) placeRows(ctx context.Context, table string) error {
	unplaced := table + unplacedSuffix
	if has, err := hasRows(ctx, s.lists, unplaced); err != nil || !has {
		return translateErr(err)
	}

	_, err := inPiecesFrom(ctx, s, 0, func(ctx context.Context, tx *sql.Tx, page *int) (more bool, err error) {
		if err := lockMonths(ctx, tx, table); err != nil { // no other rows take the place of these meanwhile
			return false, err
		}

		pages, err := pagesOf(ctx, tx, unplaced)
		if err != nil {
			return false, err
		}
		if *page >= pages {
			*page = 0
			return hasRows(ctx, tx, unplaced)
		}

		_, err = tx.ExecContext(ctx, monthsComment+"WITH moved AS (DELETE FROM "+unplaced+" WHERE "+inPages(*page, pagesMoved)+" RETURNING *) "+
			"INSERT INTO "+table+" OVERRIDING SYSTEM VALUE SELECT * FROM moved")
		*page += pagesMoved
		return true, err
	})
	if err != nil {
		return err
	}

	// What the rows leave behind would be read again by all who look for some.
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := lockMonths(ctx, tx, table); err != nil {
			return err
		}
		if has, err := hasRows(ctx, tx, unplaced); err != nil || has {
			return err
		}
		_, err := tx.ExecContext(ctx, monthsComment+"TRUNCATE "+unplaced)
		return err
	})
}

// pagesOf is how many pages a table has.
func pagesOf(ctx context.Context, q querier, table string) (pages int, err error) {
	err = q.QueryRowContext(ctx, monthsComment+"SELECT pg_relation_size($1::regclass) / current_setting('block_size')::bigint", table).Scan(&pages)
	return pages, err
}

// inPages is the condition for the rows that are in some of a table's pages.
func inPages(first, count int) string {
	return fmt.Sprintf("ctid >= '(%d,0)' AND ctid < '(%d,0)'", first, first+count)
}

// monthsOutside are the months of the rows in a table's default partition, which has
// none as a rule. Those that are added meanwhile may be missing.
func monthsOutside(ctx context.Context, q querier, table string) (months []time.Time, err error) {
	partition := table + defaultSuffix
	pages, err := pagesOf(ctx, q, partition)
	if err != nil {
		return nil, err
	}

	const day = 24 * time.Hour
	_, zone := time.Time{}.In(cambodia.Zone).Zone()
	for page := 0; page < pages; page += pagesLooked {
		err := forEach(ctx, q, func(row scanner) error {
			var days int64
			if err := row.Scan(&days); err != nil {
				return err
			}
			month := monthOf(time.UnixMilli(days*day.Milliseconds() - int64(zone)*1000))
			if !slices.ContainsFunc(months, month.Equal) {
				months = append(months, month)
			}
			return nil
		}, fmt.Sprintf("%sSELECT DISTINCT (at + %d) / %d FROM %s WHERE %s", monthsComment, zone*1000, day.Milliseconds(), partition, inPages(page, pagesLooked)))
		if err != nil {
			return nil, err
		}
	}

	return months, nil
}
