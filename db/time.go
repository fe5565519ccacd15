package db

import "time"

// millis is how times are kept: milliseconds since 1970 UTC, 0 for none.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// flag is how a yes or no is stored: 1 or 0.
func flag(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
