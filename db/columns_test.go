package db

import (
	"slices"
	"testing"
)

func TestColumnsMakeTheirPlaceholders(t *testing.T) {
	const columns = "id,\n\tname, at"
	for got, want := range map[string]string{
		insertInto("things", columns): "INSERT INTO things (id,\n\tname, at) VALUES ($1, $2, $3)",
		updateByID("things", columns): "UPDATE things SET id = $1, name = $2, at = $3 WHERE id = $4",
		qualified("t", columns):       "t.id, t.name, t.at",
		fromExcluded(columns):         "id = excluded.id, name = excluded.name, at = excluded.at",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestUpdateNamesOnlyWhatHasChanged(t *testing.T) {
	columns := []string{"name", "at", "done"}
	query, args := updateChanged("things", "t_1", columns, []any{"a", int64(1), 0}, []any{"a", int64(2), 1})
	if want := "UPDATE things SET at = $1, done = $2 WHERE id = $3"; query != want || !slices.Equal(args, arguments{int64(2), 1, "t_1"}) {
		t.Errorf("%q with %v, want %q", query, args, want)
	}
	if query, _ := updateChanged("things", "t_1", columns, []any{"a", int64(1), 0}, []any{"a", int64(1), 0}); query != "" {
		t.Errorf("%q, though nothing has changed", query)
	}
}
