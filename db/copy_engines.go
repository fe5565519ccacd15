package db

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// copyDialect is what differs when a database is copied.
type copyDialect struct {
	tables  string // the names of all tables
	columns string // the names and types of the columns of the table $1
	lock    string // holds off changes to the tables %s until a transaction ends; empty: the file's lock does
	strict  bool   // some texts are refused; see unfit
	insert  func(ctx context.Context, in copyBatch) error
	filled  string // has queries of the tables %s planned by what was copied
	number  func(ctx context.Context, tx *sql.Tx) error
}

// copyBatch is what one transaction copies; the connection is the transaction's.
type copyBatch struct {
	conn    *sql.Conn
	tx      *sql.Tx
	table   string
	columns []string
	rows    [][]any
}

var sqliteCopying = copyDialect{
	tables:  "SELECT name FROM sqlite_master WHERE type = 'table'",
	columns: "SELECT name, type FROM pragma_table_info($1)",
	insert: func(ctx context.Context, in copyBatch) error {
		statement := copyComment + insertInto(in.table, strings.Join(in.columns, ", "))
		for _, row := range in.rows {
			if _, err := in.tx.ExecContext(ctx, statement, row...); err != nil {
				return err
			}
		}
		return nil
	},
	number: func(context.Context, *sql.Tx) error { return nil }, // AUTOINCREMENT counts on from what was inserted
}

var postgresCopying = copyDialect{
	tables: `SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition`,
	columns: `SELECT column_name::text, data_type::text FROM information_schema.columns
		WHERE table_schema = current_schema() AND table_name = $1`,
	lock:   "SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 10000; LOCK TABLE %s IN SHARE MODE",
	strict: true,
	insert: func(ctx context.Context, in copyBatch) error {
		return in.conn.Raw(func(driver any) error { // COPY gives identity columns the copied values
			_, err := driver.(*stdlib.Conn).Conn().CopyFrom(ctx, pgx.Identifier{in.table}, in.columns, pgx.CopyFromRows(in.rows))
			return err
		})
	},
	filled: "VACUUM (ANALYZE) %s", // which also makes the first reads of all rows quick
	number: continueNumbers,
}

// continueNumbers has identity columns go on after the last number copied.
func continueNumbers(ctx context.Context, tx *sql.Tx) error {
	for _, t := range copiedTables {
		identities, err := queryStrings(ctx, tx, `SELECT column_name::text FROM information_schema.columns
			WHERE table_schema = current_schema() AND table_name = $1 AND is_identity = 'YES'`, t.name)
		if err != nil {
			return err
		}

		for _, column := range identities {
			_, err := tx.ExecContext(ctx, fmt.Sprintf("SELECT setval(pg_get_serial_sequence('%s', '%s'), max(%s)) FROM %s", t.name, column, column, t.name))
			if err != nil {
				return err
			}
		}
	}

	return nil
}
