package ratelimit

import (
	"fmt"
	"testing"
	"time"
)

func TestLimiterStaysSmall(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 5, 0, 0, 0, time.UTC)
	l := New(Limit{PerSecond: 1, Burst: 1}, func() time.Time { return now })
	for i := range 3 * maxBuckets {
		if err := l.Take(fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}

	if len(l.buckets) > maxBuckets {
		t.Errorf("%d buckets", len(l.buckets))
	}

	now = now.Add(time.Minute)
	if err := l.Take("new"); err != nil || len(l.buckets) != 1 {
		t.Errorf("%v, %d buckets after a rest", err, len(l.buckets))
	}
}

func TestNoLimit(t *testing.T) {
	t.Parallel()
	l := New(Limit{PerSecond: -1}, time.Now)
	for range 1000 {
		if err := l.Take("a"); err != nil {
			t.Fatal(err)
		}
	}
}
