// Package cambodia has the calendar that merchants, banks and buyers live by.
package cambodia

import "time"

// Zone is UTC+7 all year: it knows no summer time, so no zone data is needed.
var Zone = time.FixedZone("ICT", 7*60*60)

// Midnight returns the beginning of the day that now is in.
func Midnight(now time.Time) time.Time {
	year, month, date := now.In(Zone).Date()
	return time.Date(year, month, date, 0, 0, 0, 0, Zone).UTC()
}
