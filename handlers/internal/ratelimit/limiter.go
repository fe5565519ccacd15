// Package ratelimit bounds how often something may be done, counted by key in
// this process.
package ratelimit

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"rieltime/checkout"
)

// Limit is how often something may be done: PerSecond on average, Burst at
// once. The zero Limit stands for the default; a negative PerSecond is no limit.
type Limit struct {
	PerSecond float64
	Burst     int
}

const (
	maxBuckets = 10_000      // keys counted at a time
	sweepAfter = time.Second // between two searches for full buckets
)

// Limiter counts by key, for a bounded number of keys.
type Limiter struct {
	limit Limit
	now   func() time.Time

	mu      sync.Mutex
	buckets map[string]*rate.Limiter
	swept   time.Time
}

// New returns a limiter that reads the time from now.
func New(limit Limit, now func() time.Time) *Limiter {
	return &Limiter{limit: limit, now: now, buckets: map[string]*rate.Limiter{}}
}

// Allowance is what a key may still do.
type Allowance struct {
	Limit     int // at once; 0 means no limit
	Remaining int
	Full      time.Duration // until all of it is back
}

// Take spends one use of key's allowance. When nothing is left it returns a
// *checkout.Error of KindRateLimited that says when to come back.
func (l *Limiter) Take(key string) error {
	_, err := l.Spend(key)
	return err
}

// Spend does the same and returns what is left.
func (l *Limiter) Spend(key string) (Allowance, error) {
	if l.limit.PerSecond < 0 {
		return Allowance{}, nil
	}

	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()

	bucket := l.bucket(key, now)
	reservation := bucket.ReserveN(now, 1)
	wait := reservation.DelayFrom(now)
	if reservation.OK() && wait == 0 {
		return l.left(bucket.TokensAt(now)), nil
	}

	reservation.CancelAt(now)
	return l.left(bucket.TokensAt(now)), &checkout.Error{
		Kind: checkout.KindRateLimited, Code: "rate_limited",
		Detail: "Too many requests. Please wait a moment.", RetryAfter: max(wait, time.Second),
	}
}

func (l *Limiter) left(tokens float64) Allowance {
	missing := float64(l.limit.Burst) - tokens
	return Allowance{
		Limit: l.limit.Burst, Remaining: max(0, int(tokens)),
		Full: time.Duration(missing / l.limit.PerSecond * float64(time.Second)),
	}
}

func (l *Limiter) bucket(key string, now time.Time) *rate.Limiter {
	if found, ok := l.buckets[key]; ok {
		return found
	}
	if len(l.buckets) >= maxBuckets {
		l.makeRoom(now)
	}
	made := rate.NewLimiter(rate.Limit(l.limit.PerSecond), l.limit.Burst)
	l.buckets[key] = made
	return made
}

// makeRoom drops the buckets that are full again, at most once every sweepAfter,
// and at least one bucket.
func (l *Limiter) makeRoom(now time.Time) {
	if now.Sub(l.swept) >= sweepAfter {
		l.swept = now
		for key, bucket := range l.buckets {
			if bucket.TokensAt(now) >= float64(l.limit.Burst) {
				delete(l.buckets, key)
			}
		}
	}

	for key := range l.buckets {
		if len(l.buckets) < maxBuckets {
			return
		}
		delete(l.buckets, key)
	}
}
