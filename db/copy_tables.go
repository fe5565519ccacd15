package db

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// copiedTable is a table that Copy copies.
type copiedTable struct {
	name string
	key  string // the columns of the index by which it is read; few rows have the same
}

// copiedTables are all tables of ours, each after those that it refers to.
var copiedTables = []copiedTable{
	{"merchants", "id"},
	{"provider_accounts", "id"},
	{"account_secrets", "account_id, name"},
	{"earlier_settings", "account_id, version"},
	{"secret_leases", "account_id, name"},
	{"api_keys", "id"},
	{"merchant_logos", "merchant_id, hash"},
	{"users", "id"},
	{"memberships", "user_id, merchant_id"},
	{"sign_ins", "id"},
	{"user_links", "id"},
	{"passkeys", "id"},
	{"code_apps", "user_id"},
	{"recovery_codes", "user_id, code_hash"},
	{"saved_views", "id"},
	{"telegram_bots", "merchant_id, mode"},
	{"telegram_updates", "bot_id, update_id"},
	{"telegram_chats", "id"},
	{"telegram_people", "merchant_id, mode, person_id"},
	{"telegram_sales", "id"},
	{"mail_server", "name"},
	{"addressees", "id"},
	{"mails", "id"},
	{"webhook_endpoints", "id"},
	{"payment_links", "id"},
	{"sessions", "id"},
	{"shifts", "id"},
	{"search_terms", "merchant_id, mode, term, created_at, session_id"},
	{"payments", "id"},
	{"refunds", "id"},
	{"bank_statements", "id"},
	{"bank_lines", "id"},
	{"bank_maps", "account_id"},
	{"reconciliations", "account_id, day"},
	{"day_closes", "id"},
	{"rates", "id"},
	{"takings", "merchant_id, mode, day, hour, currency, provider, method"},
	{"event_feeds", "merchant_id, mode"},
	{"events", "merchant_id, mode, sequence"},
	{"event_digests", "merchant_id, mode, date"},
	{"deliveries", "id"},
	{"delivery_attempts", "delivery_id, at"},
	{"idempotency_keys", "merchant_id, mode, key"},
	{"hash_lookups", "account_id, at"},
	{"audit", "sequence"},
	{"retention", "table_name"},
}

// copiedNames are the names of copiedTables, with commas between them.
func copiedNames() string {
	names := make([]string, len(copiedTables))
	for i, t := range copiedTables {
		names[i] = t.name
	}
	return strings.Join(names, ", ")
}

// uncopiedTables are the other tables, by how their names begin. The job queue's rows
// only remind: what is due is queued again from our own rows, but for what is
// left of redeliveries, which finish takes along. The changes of sessions are for open
// pages, uploads wait for a day, and second screens are paired again. A migrated database
// has all terms to search by. Rows that wait for their month are read with its table.
var uncopiedTables = []string{"river_", "session_changes", "search_fill", "sign_in_attempts", "sign_in_requests", "displays", "shown_secrets", "challenges", "telegram_codes", "bank_uploads", attemptsTable + unplacedSuffix, auditTable + unplacedSuffix, versionTable, copiesTable, "sqlite_"}

// columnKind is what the values of a column are, in either engine.
type columnKind int

const (
	textColumn columnKind = iota + 1
	integerColumn
	floatColumn
	bytesColumn
)

// copyComment begins the statements of a copy. It shows a server's operator, and the
// tests of plans, whose statement reads a whole table.
const copyComment = "/* db copy */ "

type copiedColumn struct {
	name string
	kind columnKind
}

// kindOf is 0 for a type that no column of ours has.
func kindOf(declared string) columnKind {
	switch strings.ToLower(declared) {
	case "text":
		return textColumn
	case "integer", "bigint":
		return integerColumn
	case "double precision":
		return floatColumn
	case "blob", "bytea":
		return bytesColumn
	}

	return 0
}

// columnsOf returns a table's columns in the order of their names.
func columnsOf(ctx context.Context, q querier, d dialect, table string) ([]copiedColumn, error) {
	columns, err := selectAll(ctx, q, func(row scanner) (c copiedColumn, err error) {
		var declared string
		if err := row.Scan(&c.name, &declared); err != nil {
			return c, err
		}
		if c.kind = kindOf(declared); c.kind == 0 {
			return c, fmt.Errorf("%s.%s is of a type that cannot be copied: %s", table, c.name, declared)
		}
		return c, nil
	}, d.copying.columns, table)

	slices.SortFunc(columns, func(a, b copiedColumn) int { return strings.Compare(a.name, b.name) })
	return columns, err
}

func namesOf(columns []copiedColumn) []string {
	names := make([]string, len(columns))
	for i, column := range columns {
		names[i] = column.name
	}
	return names
}

// normal returns a value as both engines have it: nil, a string, an int64, a float64
// or a []byte that is not nil.
func (c copiedColumn) normal(value any) (any, error) {
	switch v := value.(type) {
	case nil:
		return nil, nil
	case string:
		switch c.kind {
		case textColumn:
			return v, nil
		case bytesColumn:
			return []byte(v), nil
		}

	case []byte:
		switch c.kind {
		case textColumn:
			return string(v), nil
		case bytesColumn:
			return slices.Concat([]byte{}, v), nil
		}

	case int64:
		switch c.kind {
		case integerColumn:
			return v, nil
		case floatColumn:
			return float64(v), nil
		}

	case float64:
		if c.kind == floatColumn {
			return v, nil
		}
	}

	return nil, fmt.Errorf("%s is a value of another type than its column, %T", c.name, value)
}

// unfit says why a server refuses a text that a file may hold; empty: it does not.
func unfit(value any) string {
	text, is := value.(string)
	switch {
	case is && strings.ContainsRune(text, 0):
		return "contains a NUL character"
	case is && !utf8.ValidString(text):
		return "is not valid UTF-8"
	}
	return ""
}

// copyReader reads one of the databases.
type copyReader struct {
	querier
	dialect dialect
}

// read reads a table's rows, with their values normal: in the order of its key after
// the row of one, or all in any order where ordered is false.
func (t copiedTable) read(ctx context.Context, q copyReader, columns []copiedColumn, part tablePart, each func(row []any) error) error {
	query := copyComment + "SELECT " + strings.Join(namesOf(columns), ", ") + " FROM " + q.dialect.rowsOf(t.name)
	if len(part.after) > 0 {
		placeholders := make([]string, len(part.after))
		for i := range placeholders {
			placeholders[i] = fmt.Sprintf("$%d", i+1)
		}
		query += " WHERE (" + t.key + ") > (" + strings.Join(placeholders, ", ") + ")"
	}

	if part.ordered {
		query += " ORDER BY " + t.key
	}

	return forEach(ctx, q, func(from scanner) error {
		values := make([]any, len(columns))
		into := make([]any, len(columns))
		for i := range into {
			into[i] = &values[i]
		}

		if err := from.Scan(into...); err != nil {
			return err
		}

		for i, column := range columns {
			normal, err := column.normal(values[i])
			if err != nil {
				return fmt.Errorf("%s: %w", t.describe(columns, values), err)
			}
			values[i] = normal
		}

		return each(values)
	}, query, part.after...)
}

// tablePart says which rows of a table are read.
type tablePart struct {
	ordered bool  // by the table's key
	after   []any // the key of the last row before them
}

// keyOf returns the key of a row.
func (t copiedTable) keyOf(columns []copiedColumn, row []any) []any {
	names := columnNames(t.key)
	key := make([]any, len(names))
	for i, name := range names {
		key[i] = row[slices.IndexFunc(columns, func(c copiedColumn) bool { return c.name == name })]
	}
	return key
}

// describe names a row for people.
func (t copiedTable) describe(columns []copiedColumn, row []any) string {
	key := t.keyOf(columns, row)
	texts := make([]string, len(key))
	for i, value := range key {
		texts[i] = fmt.Sprintf("%q", fmt.Sprint(value))
	}
	return fmt.Sprintf("the row of %s with %s = %s", t.name, t.key, strings.Join(texts, ", "))
}
