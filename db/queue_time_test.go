package db

import (
	"testing"
	"time"
)

func TestJobsAreQueuedAtTheStoresTime(t *testing.T) {
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	if got := (insertTime{jobTime{func() time.Time { return now }}}).NowOrNil(); got == nil || !got.Equal(now) {
		t.Errorf("queued at %v, want %v", got, now)
	}
}
