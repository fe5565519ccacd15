package cambodia

import "time"

// Day is a day of the calendar, counted from 1970-01-01, which is 0.
type Day int64

const dayLength = 24 * time.Hour

// DayOf returns the day that a moment is in.
func DayOf(at time.Time) Day {
	_, offset := at.In(Zone).Zone()
	return Day((at.Unix() + int64(offset)) / int64(dayLength/time.Second))
}

// Begin returns the first moment of a day.
func (d Day) Begin() time.Time {
	return time.Date(1970, 1, 1+int(d), 0, 0, 0, 0, Zone)
}

// String writes a day as 2026-11-29.
func (d Day) String() string { return d.Begin().Format(time.DateOnly) }

// ParseDay reads a day such as 2026-11-29.
func ParseDay(text string) (Day, error) {
	at, err := time.ParseInLocation(time.DateOnly, text, Zone)
	if err != nil {
		return 0, err
	}
	return DayOf(at), nil
}
