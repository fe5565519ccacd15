package db

import (
	"context"
	"database/sql"
	"fmt"
)

// Finding is what one check of a database found.
type Finding struct {
	Check    string // what must hold
	Broken   int
	Examples []string // some of what breaks it: ids
	Note     bool     // worth a look, but explainable: no violation
}

const examplesShown = 5

// Check reads a whole database, which needs no key, and reports for each of its
// invariants whether it holds. It changes nothing. A database of another version
// is ErrVersion.
func Check(ctx context.Context, options Options) ([]Finding, error) {
	d := options.dialect()
	db, err := openToCheck(ctx, options)
	if err != nil {
		return nil, err
	}

	defer db.Close()

	if err := checkVersion(ctx, d, db); err != nil {
		return nil, err
	}

	// All checks see one moment.
	tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: d.snapshot})
	if err != nil {
		return nil, err
	}

	defer func() { _ = tx.Rollback() }()

	if d.unbounded != "" {
		if _, err := tx.ExecContext(ctx, d.unbounded); err != nil {
			return nil, err
		}
	}

	var findings []Finding
	for _, invariant := range d.invariants() {
		finding, err := invariant.check(ctx, tx)
		if err != nil {
			return findings, fmt.Errorf("%s: %w", invariant.holds, err)
		}

		findings = append(findings, finding)
	}

	return findings, nil
}

func openToCheck(ctx context.Context, options Options) (*sql.DB, error) {
	if options.URL != "" {
		server, err := options.connections(ctx, nil)
		if err != nil {
			return nil, err
		}
		return server.open(1), nil
	}

	if err := databaseAt(options.Path); err != nil {
		return nil, err
	}
	return connect(options.Path, 1, readingOnly)
}

func (i invariant) check(ctx context.Context, tx *sql.Tx) (Finding, error) {
	finding := Finding{Check: i.holds, Note: i.note}
	err := forEach(ctx, tx, func(row scanner) error {
		var example string
		if err := row.Scan(&example); err != nil {
			return err
		}
		if example == "ok" { // integrity_check found nothing
			return nil
		}

		finding.Broken++
		if len(finding.Examples) < examplesShown {
			finding.Examples = append(finding.Examples, example)
		}
		return nil
	}, i.broken)
	return finding, err
}

// CheckSecrets returns how many sealed values there are, and which do not open
// with the store's keys.
func (s *Store) CheckSecrets(ctx context.Context) (Finding, error) {
	finding := Finding{Check: "every sealed value opens with the key"}
	for _, c := range sealed {
		var after []any
		for {
			values, err := c.valuesAfter(ctx, s.lists, after)
			if err != nil {
				return finding, err
			}

			for _, v := range values {
				after = v.key
				if _, err := s.sealer.open(v.purpose, v.sealed); err == nil {
					continue
				}

				finding.Broken++
				if len(finding.Examples) < examplesShown {
					finding.Examples = append(finding.Examples, v.purpose)
				}
			}

			if len(values) < resealedAtOnce {
				break
			}
		}
	}

	return finding, nil
}
