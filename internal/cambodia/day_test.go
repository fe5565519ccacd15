package cambodia_test

import (
	"testing"
	"time"

	"rieltime/internal/cambodia"
)

func TestDay(t *testing.T) {
	for at, want := range map[string]string{
		"2026-11-28T16:59:59.999Z": "2026-11-28", "2026-11-28T17:00:00Z": "2026-11-29", "2026-11-29T16:59:59Z": "2026-11-29", "1970-01-01T00:00:00Z": "1970-01-01", "2024-02-29T00:00:00+07:00": "2024-02-29",
	} {
		moment, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}

		day := cambodia.DayOf(moment)
		if day.String() != want {
			t.Errorf("%s is on %s, want %s", at, day, want)
		}
		if parsed, err := cambodia.ParseDay(want); parsed != day || err != nil {
			t.Errorf("%s is read as %d, %v, want %d", want, parsed, err, day)
		}
		if begin := day.Begin(); moment.Before(begin) || !moment.Before((day + 1).Begin()) {
			t.Errorf("%s is not within %s", at, day)
		}
	}

	if _, err := cambodia.ParseDay("2026-02-30"); err == nil {
		t.Error("30 February is a day")
	}
}
