package db

import "testing"

func TestColumnsMakeTheirPlaceholders(t *testing.T) {
	const columns = "id,\n\tname, at"
	for got, want := range map[string]string{
		insertInto("things", columns): "INSERT INTO things (id,\n\tname, at) VALUES ($1, $2, $3)",
		updateByID("things", columns): "UPDATE things SET id = $1, name = $2, at = $3 WHERE id = $4",
		fromExcluded(columns):         "id = excluded.id, name = excluded.name, at = excluded.at",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
