package statements

import (
	"time"

	"rieltime/checkout"
	"rieltime/internal/cambodia"
)

// coverage is up to when a statement shows each currency.
type coverage struct {
	from time.Time
	to   map[checkout.Currency]time.Time
}

// covers returns what payments a statement should show: those of its days, up to the last
// line's time of day if it has one.
func (s Statement) covers() coverage {
	first, last := s.Days()
	c := coverage{from: first.Begin(), to: map[checkout.Currency]time.Time{}}
	for _, line := range s.Lines {
		until := (last + 1).Begin()
		if !line.At.IsZero() {
			until = line.At
		}
		if until.After(c.to[line.Amount.Currency]) {
			c.to[line.Amount.Currency] = until
		}
	}
	return c
}

// missingOf are the payments that a statement should show and does not.
func missingOf(records []Record, taken map[string]bool, covers coverage, statement Imported) (missing []Entry) {
	for _, r := range records {
		if taken[r.ID] || r.PaidAt.Before(covers.from) || !r.PaidAt.Before(covers.to[r.Amount.Currency]) {
			continue
		}
		line := Line{Day: cambodia.DayOf(r.PaidAt), At: r.PaidAt, Amount: r.Amount}
		entry := newEntry(line, LineKey{MissingKey(r.ID), 1}, statement.AccountID, statement.ID)
		entry.Match = Match{State: OursOnly, Record: r.ID}
		missing = append(missing, entry)
	}
	return missing
}
