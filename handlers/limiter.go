package handlers

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"rieltime/checkout"
)

// Limit is how often something may be done: PerSecond on average, Burst at
// once. The zero Limit is the default; a negative PerSecond is no limit.
type Limit struct {
	PerSecond float64
	Burst     int
}

var (
	defaultAPILimit = Limit{PerSecond: 500, Burst: 2000}
	defaultPayLimit = Limit{PerSecond: 2, Burst: 30}
)

func (l Limit) or(otherwise Limit) Limit {
	if l == (Limit{}) {
		return otherwise
	}
	return l
}

const (
	maxBuckets = 10_000
	sweepAfter = time.Second
)

// limiter counts by key, for a bounded number of keys.
type limiter struct {
	limit Limit
	now   func() time.Time

	mu      sync.Mutex
	buckets map[string]*rate.Limiter
	swept   time.Time
}

func newLimiter(limit Limit, now func() time.Time) *limiter {
	return &limiter{limit: limit, now: now, buckets: map[string]*rate.Limiter{}}
}

// allowance is what is left for a key.
type allowance struct {
	limit     int // at once; 0: there is no limit
	remaining int
	full      time.Duration // until all of it is back
}

// take spends one for key; when nothing is left the error says when to come
// back.
func (l *limiter) take(key string) error {
	_, err := l.spend(key)
	return err
}

// spend is take that tells what is left.
func (l *limiter) spend(key string) (allowance, error) {
	if l.limit.PerSecond < 0 {
		return allowance{}, nil
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

func (l *limiter) left(tokens float64) allowance {
	missing := float64(l.limit.Burst) - tokens
	return allowance{
		limit: l.limit.Burst, remaining: max(0, int(tokens)),
		full: time.Duration(missing / l.limit.PerSecond * float64(time.Second)),
	}
}

func (l *limiter) bucket(key string, now time.Time) *rate.Limiter {
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

// makeRoom forgets those that have come to rest, at most once in a while, and
// at least one.
func (l *limiter) makeRoom(now time.Time) {
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
