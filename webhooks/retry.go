package webhooks

import (
	"errors"
	"math/rand/v2"
	"time"
)

// waits are the times between attempts: minutes for a restart, hours for an
// outage, a little more than three days in all.
var waits = []time.Duration{
	5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 12 * time.Hour, 24 * time.Hour, 24 * time.Hour,
}

// MaxAttempts is how often a delivery is tried at most.
var MaxAttempts = len(waits) + 1

// NextRetry is how long to wait after attempt (1 for the first) failed with
// err: 5 s, 30 s, 2 min, 10 min, 30 min, 1 h, 2 h, 4 h, 8 h, 12 h, then 24 h,
// each up to a fifth longer by chance, so that the deliveries which an outage
// has gathered do not all come back at once. An endpoint that asked for a
// longer wait by Retry-After gets it.
func NextRetry(attempt int, err error) time.Duration {
	wait := waits[min(max(attempt, 1), len(waits))-1]
	wait += rand.N(wait / 5)
	var refused *Error
	if errors.As(err, &refused) {
		wait = max(wait, refused.RetryAfter)
	}
	return wait
}
