package db

import (
	"fmt"
	"strings"
)

// insertInto returns the INSERT of a row, with a placeholder for each of the
// columns, which are separated by commas.
func insertInto(table, columns string) string {
	return "INSERT INTO " + table + " (" + columns + ") VALUES (" + placeholders(1, len(columnNames(columns))) + ")"
}

// placeholders returns count placeholders: "$2, $3".
func placeholders(first, count int) string {
	texts := make([]string, count)
	for i := range texts {
		texts[i] = fmt.Sprintf("$%d", first+i)
	}
	return strings.Join(texts, ", ")
}

// updateByID returns the UPDATE of the columns of the row whose id follows their
// values.
func updateByID(table, columns string) string {
	names := columnNames(columns)
	return "UPDATE " + table + " SET " + assignments(names) + fmt.Sprintf(" WHERE id = $%d", len(names)+1)
}

// updateChanged returns the UPDATE of those columns of a row whose values are others
// than before, with its arguments; empty when there are none. SQLite writes anew each
// index of a column that an UPDATE names, also where the value stays.
func updateChanged(table, id string, columns []string, before, after []any) (query string, args arguments) {
	var changes []string
	for i, name := range columns {
		if before[i] != after[i] {
			changes = append(changes, name+" = "+args.bind(after[i]))
		}
	}

	if changes == nil {
		return "", nil
	}
	return "UPDATE " + table + " SET " + strings.Join(changes, ", ") + " WHERE id = " + args.bind(id), args
}

// assignments returns "a = $1, b = $2".
func assignments(names []string) string {
	texts := make([]string, len(names))
	for i, name := range names {
		texts[i] = fmt.Sprintf("%s = $%d", name, i+1)
	}
	return strings.Join(texts, ", ")
}

// fromExcluded returns the assignments that an upsert of the columns makes where
// the row is there already: "a = excluded.a, b = excluded.b".
func fromExcluded(columns string) string {
	texts := columnNames(columns)
	for i, name := range texts {
		texts[i] = name + " = excluded." + name
	}
	return strings.Join(texts, ", ")
}

// qualified returns the columns of a table with a name: "s.a, s.b".
func qualified(table, columns string) string {
	names := columnNames(columns)
	for i, name := range names {
		names[i] = table + "." + name
	}
	return strings.Join(names, ", ")
}

func columnNames(columns string) []string {
	names := strings.Split(columns, ",")
	for i, name := range names {
		names[i] = strings.TrimSpace(name)
	}
	return names
}
