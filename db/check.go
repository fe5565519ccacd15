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

// Check reads the whole database at path and reports for each of its invariants
// whether it holds. It changes nothing and needs no key. A database of another
// version is ErrVersion.
func Check(ctx context.Context, path string) ([]Finding, error) {
	if err := databaseAt(path); err != nil {
		return nil, err
	}

	db, err := connect(path, 1, readingOnly)
	if err != nil {
		return nil, err
	}

	defer db.Close()

	if err := checkVersion(ctx, sqliteDialect, db); err != nil {
		return nil, err
	}

	tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true}) // all checks see one moment
	if err != nil {
		return nil, err
	}

	defer func() { _ = tx.Rollback() }()

	findings := make([]Finding, 0, len(invariants))
	for _, invariant := range invariants {
		finding, err := invariant.check(ctx, tx)
		if err != nil {
			return findings, fmt.Errorf("%s: %w", invariant.holds, err)
		}

		findings = append(findings, finding)
	}

	return findings, nil
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

// CheckSecrets tells how many sealed values there are, and which do not open
// with the store's keys.
func (s *Store) CheckSecrets(ctx context.Context) (Finding, error) {
	finding := Finding{Check: "every sealed value opens with the key"}
	for _, place := range sealed {
		for after := int64(0); ; {
			values, err := sealedValues(ctx, s.lists, place.table, place.column, place.purpose, after)
			if err != nil {
				return finding, err
			}

			for _, v := range values {
				after = v.row
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
