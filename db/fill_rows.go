package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
)

type filledTable struct{ name, of string }

// filledTables are the tables of a purchase, parents first, with the condition
// on its rows.
var filledTables = []filledTable{
	{"sessions", "id = $1"},
	{"search_terms", "session_id = $1"},
	{"payments", "session_id = $1"},
	{"refunds", "session_id = $1"},
	{"events", "session_id = $1"},
	{"deliveries", "event_id IN (SELECT id FROM events WHERE session_id = $1)"},
	{"audit", "object = $1"},
}

// row is one to copy.
type row struct {
	table   string
	columns []string
	values  []any
}

func purchaseRows(ctx context.Context, db *sql.DB, sessionID string) (found []row, err error) {
	for _, table := range filledTables {
		rows, err := db.QueryContext(ctx, "SELECT * FROM "+table.name+" WHERE "+table.of, sessionID)
		if err != nil {
			return nil, err
		}

		defer rows.Close()

		columns, err := rows.Columns()
		if err != nil {
			return nil, err
		}

		for rows.Next() {
			r := row{table.name, columns, make([]any, len(columns))}
			into := make([]any, len(columns))
			for i := range into {
				into[i] = &r.values[i]
			}

			if err := rows.Scan(into...); err != nil {
				return nil, err
			}

			if i := slices.Index(columns, "sequence"); i >= 0 && table.name == "audit" { // the database counts on
				r.columns, r.values = slices.Delete(slices.Clone(columns), i, i+1), slices.Delete(r.values, i, i+1)
			}

			found = append(found, r)
			if table.name == "deliveries" { // each arrived at its first attempt
				at := func(column string) any { return r.values[slices.Index(r.columns, column)] }
				found = append(found, row{"delivery_attempts", []string{"delivery_id", "at", "status", "answer", "took_ms", "delivered"},
					[]any{at("id"), at("created_at"), int64(200), "ok", int64(80), int64(1)}})
			}
		}

		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return nil, err
		}
	}

	if len(found) == 0 {
		return nil, errors.New("there is none")
	}

	return found, nil
}

// idsOf are the texts that are another one in each copy, wherever they stand.
func idsOf(rows []row) (ids []string) {
	for _, row := range rows {
		for i, column := range row.columns {
			text, is := row.values[i].(string)
			name := column == "id" || column == "reference" || column == "transaction_id"
			if is && name && len(text) > changedEnd && !slices.Contains(ids, text) {
				ids = append(ids, text)
			}
		}
	}
	return ids
}

// insertion adds the copies of all originals' rows of one table.
type insertion struct {
	table, columns string
	selects        []string // one for each row
	args           arguments
}

// add makes the SELECT of one row's copies. A time is as much earlier as its
// copy is, a text has its copy's ids, no payment is queried any more, all
// deliveries have arrived, and old sessions are forgotten: the originals have no
// personal data but the customer.
func (i *insertion) add(r row, ids []string, original int) {
	values := make([]string, len(r.columns))
	for n, column := range r.columns {
		value := r.values[n]
		if r.table == "payments" && column == "next_check_at" {
			value = int64(0)
		}

		if r.table == "deliveries" {
			switch column {
			case "status":
				value = "delivered"
			case "attempts":
				value = int64(1)
			case "next_attempt_at":
				value = int64(0)
			}
		}

		if r.table == "sessions" && column == "forgotten_at" {
			closed, _ := r.values[slices.Index(r.columns, "closed_at")].(int64)
			values[n] = fmt.Sprintf("CASE WHEN earlier > %[1]d THEN %[2]d - earlier ELSE 0 END AS %[3]s", DefaultRetainPersonal.Milliseconds(), closed+DefaultRetainPersonal.Milliseconds(), column)
			continue
		}

		values[n] = i.args.bind(value)
		if _, is := value.(int64); is {
			values[n] = "CAST(" + values[n] + " AS BIGINT)"
		}

		if at, is := value.(int64); is && at > 0 && isTime(column) {
			values[n] += " - earlier"
		}

		if text, is := value.(string); is {
			for _, id := range ids {
				if strings.Contains(text, id) {
					values[n] = "replace(" + values[n] + ", " + i.args.bind(id) + ", " + i.args.bind(id[:len(id)-changedEnd]) + " || ending)"
				}
			}
		}

		if r.table == "sessions" && column == "customer" {
			values[n] = fmt.Sprintf("CASE WHEN earlier > %d THEN '{}' ELSE %s END", DefaultRetainPersonal.Milliseconds(), values[n])
		}

		values[n] += " AS " + column
	}

	of := "original = " + i.args.bind(original)
	if r.table == "search_terms" {
		of += fmt.Sprintf(" AND earlier <= %d", DefaultRetainPersonal.Milliseconds())
	}
	i.selects = append(i.selects, "SELECT "+strings.Join(values, ", ")+" FROM copied WHERE "+of)
}

func isTime(column string) bool {
	return column == "at" || strings.HasSuffix(column, "_at") || strings.HasSuffix(column, "_since") || strings.HasSuffix(column, "_until")
}

// lastStored is the number of the last event of a feed.
const lastStored = `coalesce((SELECT max(sequence) FROM events e
	WHERE e.merchant_id = event_feeds.merchant_id AND e.mode = event_feeds.mode), 0)`

// statement inserts the copies; events and lines of the audit trail are numbered
// as time goes, events of one time as their originals are.
func (i *insertion) statement() string {
	columns, order := i.columns, ""
	switch i.table {
	case "audit":
		order = " ORDER BY at"
	case "events":
		columns = strings.Replace(columns, "sequence", `row_number() OVER (PARTITION BY merchant_id, mode ORDER BY created_at, sequence)
			+ (SELECT last_sequence FROM event_feeds f WHERE f.merchant_id = copies.merchant_id AND f.mode = copies.mode)`, 1)
	}

	return " INTO " + i.table + " (" + i.columns + ") SELECT " + columns + " FROM (" + strings.Join(i.selects, " UNION ALL ") + ") AS copies" + order
}
