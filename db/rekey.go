package db

import (
	"context"
	"database/sql"
	"fmt"
)

// sealed are all columns whose values are sealed, with the purpose of each as
// an SQL expression over its row.
var sealed = []struct{ table, column, purpose string }{
	{"provider_accounts", "settings_sealed", "'settings:' || id"},
	{"earlier_settings", "settings_sealed", "'settings:' || account_id || ':' || version"},
	{"account_secrets", "value_sealed", "'secret:' || account_id || ':' || name"},
	{"webhook_endpoints", "secret_sealed", "'endpoint:' || id"},
	{"webhook_endpoints", "previous_sealed", "'endpoint:' || id"},
	{"idempotency_keys", "seed_sealed", "'idempotency seed:' || merchant_id || ':' || mode || ':' || key"},
	{"idempotency_keys", "answer_sealed", "'idempotency answer:' || merchant_id || ':' || mode || ':' || key"},
}

const resealedAtOnce = 20

// Rekey seals again with the first key what another has sealed, and counts
// those values. It may run while the database is used, by programs that know
// both keys.
func (s *Store) Rekey(ctx context.Context) (resealed int, err error) {
	for _, place := range sealed {
		after := int64(0)
		err := s.inPieces(ctx, func(ctx context.Context, tx *sql.Tx) (more bool, err error) {
			values, err := sealedValues(ctx, tx, place.table, place.column, place.purpose, after)
			if err != nil {
				return false, err
			}

			for _, v := range values {
				after = v.row
				if s.sealer.current(v.sealed) {
					continue
				}
				if err := s.reseal(ctx, tx, "UPDATE "+place.table+" SET "+place.column+" = $1 WHERE rowid = $2", v); err != nil {
					return false, err
				}

				resealed++
			}

			return len(values) == resealedAtOnce, nil
		})
		if err != nil {
			return resealed, fmt.Errorf("%s.%s: %w", place.table, place.column, err)
		}
	}

	return resealed, s.Audit(ctx, "database.rekey", "", map[string]any{"resealed": resealed})
}

func (s *Store) reseal(ctx context.Context, tx *sql.Tx, statement string, v sealedValue) error {
	plain, err := s.sealer.open(v.purpose, v.sealed)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, statement, s.sealer.seal(v.purpose, plain), v.row)
	return err
}

type sealedValue struct {
	row     int64
	purpose string
	sealed  []byte
}

func sealedValues(ctx context.Context, q querier, table, column, purpose string, after int64) ([]sealedValue, error) {
	return selectAll(ctx, q, func(row scanner) (v sealedValue, err error) {
		err = row.Scan(&v.row, &v.purpose, &v.sealed)
		return v, err
	}, "SELECT rowid, "+purpose+", "+column+" FROM "+table+
		" WHERE "+column+" IS NOT NULL AND rowid > $1 ORDER BY rowid LIMIT $2", after, resealedAtOnce)
}
