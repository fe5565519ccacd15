package webhooks

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestRetriesGoOnForThreeDays(t *testing.T) {
	var total, before time.Duration
	for attempt := 1; attempt < MaxAttempts; attempt++ {
		wait := NextRetry(attempt, errors.New("refused"))
		if base := waits[attempt-1]; wait < base || wait >= base+base/5 {
			t.Errorf("after attempt %d: %v, want %v and up to a fifth more", attempt, wait, base)
		}

		if wait < before/2 {
			t.Errorf("after attempt %d: %v, though %v before", attempt, wait, before)
		}

		total, before = total+waits[attempt-1], wait
	}

	if total < 72*time.Hour || total > 96*time.Hour {
		t.Errorf("retries go on for %v, want three days", total)
	}
}

func TestRetriesAreSpread(t *testing.T) {
	seen := map[time.Duration]bool{}
	for range 50 {
		seen[NextRetry(6, nil)] = true
	}
	if len(seen) < 2 {
		t.Error("every delivery waits exactly as long")
	}
}

func TestRetryAfterOnlyLengthensTheWait(t *testing.T) {
	withRetryAfter := fmt.Errorf("wrapped: %w", &Error{RetryAfter: 3 * time.Hour})
	if got := NextRetry(1, withRetryAfter); got != 3*time.Hour {
		t.Errorf("wait %v, want 3h", got)
	}
	if got := NextRetry(10, withRetryAfter); got < 12*time.Hour {
		t.Errorf("wait %v, want the schedule's", got)
	}
}

func TestAttemptsOutsideTheScheduleHaveAWait(t *testing.T) {
	for _, attempt := range []int{-1, 0, MaxAttempts, 1000} {
		if NextRetry(attempt, nil) < waits[0] {
			t.Errorf("attempt %d has no wait", attempt)
		}
	}
}
