package db

import (
	"context"
	"database/sql"
	"fmt"
)

// sealedColumn is a column whose values are sealed.
type sealedColumn struct {
	table, column string
	key           string // the columns of the table's primary key
	purpose       string // of a value, as an SQL expression over its row
}

// sealed are all of them.
var sealed = []sealedColumn{
	{"provider_accounts", "settings_sealed", "id", "'settings:' || id"},
	{"earlier_settings", "settings_sealed", "account_id, version", "'settings:' || account_id || ':' || version"},
	{"account_secrets", "value_sealed", "account_id, name", "'secret:' || account_id || ':' || name"},
	{"webhook_endpoints", "secret_sealed", "id", "'endpoint:' || id"},
	{"webhook_endpoints", "previous_sealed", "id", "'endpoint:' || id"},
	{"telegram_bots", "token_sealed", "merchant_id, mode", "'telegram bot:' || merchant_id || ':' || mode"},
	{"mail_server", "password_sealed", "name", "'mail server:' || name"},
	{"addressees", "token_sealed", "id", "'addressee:' || id"},
	{"mails", "link_sealed", "id", "'mail:' || id"},
	{"code_apps", "secret_sealed", "user_id", "'code app:' || user_id"},
	{"shown_secrets", "secret_sealed", "sign_in_id, object", "'shown once: ' || sign_in_id || ':' || object"},
	{"idempotency_keys", "seed_sealed", "merchant_id, mode, key", "'idempotency seed:' || merchant_id || ':' || mode || ':' || key"},
	{"idempotency_keys", "answer_sealed", "merchant_id, mode, key", "'idempotency answer:' || merchant_id || ':' || mode || ':' || key"},
}

const resealedAtOnce = 20

// Rekey seals again with the first key what another has sealed, and counts
// those values. It may run while the database is used, by programs that know
// both keys.
func (s *Store) Rekey(ctx context.Context) (resealed int, err error) {
	for _, c := range sealed {
		var after []any
		for more := true; more; {
			var batch resealedBatch
			err := s.inPieces(ctx, func(ctx context.Context, tx *sql.Tx) (more bool, err error) {
				batch, err = s.resealBatch(ctx, tx, c, after)
				return false, err
			})
			if err != nil {
				return resealed, fmt.Errorf("%s.%s: %w", c.table, c.column, err)
			}

			resealed += batch.resealed
			if batch.missed { // read the same again
				continue
			}
			if more = len(batch.last) > 0; more {
				after = batch.last
			}
		}
	}

	return resealed, s.Audit(ctx, "database.rekey", "", map[string]any{"resealed": resealed})
}

type resealedBatch struct {
	resealed int
	missed   bool  // others have changed a value since it was read
	last     []any // the key of the last value; empty: there are no more
}

// resealBatch reads the values that follow a key and seals again those that
// another key has sealed.
func (s *Store) resealBatch(ctx context.Context, tx *sql.Tx, c sealedColumn, after []any) (batch resealedBatch, err error) {
	values, err := c.valuesAfter(ctx, tx, after)
	if err != nil {
		return batch, err
	}

	for _, v := range values {
		batch.last = v.key
		if s.sealer.current(v.sealed) {
			continue
		}

		plain, err := s.sealer.open(v.purpose, v.sealed)
		if err != nil {
			return batch, err
		}

		// Only what was read is replaced: others may write the row meanwhile.
		arguments := append([]any{s.sealer.seal(v.purpose, plain), v.sealed}, v.key...)
		result, err := tx.ExecContext(ctx, "UPDATE "+c.table+" SET "+c.column+" = $1 WHERE "+c.column+" = $2 AND ("+c.key+") = ("+placeholders(3, len(v.key))+")", arguments...)
		if err != nil {
			return batch, err
		}

		changed, err := result.RowsAffected()
		if err != nil {
			return batch, err
		}

		batch.resealed += int(changed)
		batch.missed = batch.missed || changed == 0
	}

	return batch, nil
}

type sealedValue struct {
	key     []any
	purpose string
	sealed  []byte
}

// valuesAfter returns the next values in the order of their keys, from the first
// where after is empty.
func (c sealedColumn) valuesAfter(ctx context.Context, q querier, after []any) ([]sealedValue, error) {
	keys := columnNames(c.key)
	condition := keys[0] + " > ''"
	if len(after) > 0 {
		condition = "(" + c.key + ") > (" + placeholders(2, len(keys)) + ")"
	}

	return selectAll(ctx, q, func(row scanner) (sealedValue, error) {
		v := sealedValue{key: make([]any, len(keys))}
		into := []any{&v.purpose, &v.sealed}
		for i := range v.key {
			into = append(into, &v.key[i])
		}
		return v, row.Scan(into...)
	}, "SELECT "+c.purpose+", "+c.column+", "+c.key+" FROM "+c.table+
		" WHERE "+c.column+" IS NOT NULL AND "+condition+" ORDER BY "+c.key+" LIMIT $1", append([]any{resealedAtOnce}, after...)...)
}
