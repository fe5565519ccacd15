package checkout

import "time"

const day = 24 * time.Hour

// Cambodia is the calendar that daily allowances run by; it knows no summer
// time.
var Cambodia = time.FixedZone("ICT", 7*60*60)

// Midnight is the beginning of the day in Indochina.
func Midnight(now time.Time) time.Time {
	year, month, date := now.In(Cambodia).Date()
	return time.Date(year, month, date, 0, 0, 0, 0, Cambodia).UTC()
}

// Later returns the later of two times.
func Later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
