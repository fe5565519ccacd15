// Package pace says how often a page that waits for money polls.
package pace

import "time"

const (
	fastFor   = 3 * time.Minute  // of waiting: a poll every 2 seconds
	steadyFor = 15 * time.Minute // then every 5 seconds until here, and every 15 after
)

// Interval returns the seconds until a page's next poll, by how long it has been waiting.
func Interval(waited time.Duration) int {
	switch {
	case waited < fastFor:
		return 2
	case waited < steadyFor:
		return 5
	}
	return 15
}

// NextChange is when the polls of a page that has been waiting since from slow down next;
// zero when they never do again.
func NextChange(from, now time.Time) time.Time {
	for _, after := range []time.Duration{fastFor, steadyFor} {
		if change := from.Add(after); now.Before(change) {
			return change
		}
	}
	return time.Time{}
}
