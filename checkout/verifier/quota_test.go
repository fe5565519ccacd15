package verifier

import (
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/internal/cambodia"
)

// morning is 07:00 in Phnom Penh.
var morning = time.Date(2026, 4, 14, 0, 0, 0, 0, time.UTC)

// drain spends queries until the quota refuses, and returns how many it allowed.
func drain(q *Quota, budget checkout.Budget, p priority, at time.Time) (spent int) {
	for spent < 10_000 && q.spend(budget, p, at) {
		spent++
	}
	return spent
}

func TestUnlimitedBudgetRefusesNothing(t *testing.T) {
	t.Parallel()
	var q Quota
	if n := drain(&q, checkout.Budget{}, priorityIdle, morning); n != 10_000 || q.Queries != n {
		t.Errorf("%d spent, %d counted", n, q.Queries)
	}
}

func TestRateHoldsForEveryPriority(t *testing.T) {
	t.Parallel()
	for u := priorityReported; u <= prioritySparse; u++ {
		var q Quota
		b := checkout.Budget{PerSecond: 3}
		if !q.spend(b, u, morning) || q.spend(b, u, morning.Add(333*time.Millisecond)) || !q.spend(b, u, morning.Add(334*time.Millisecond)) {
			t.Errorf("priority %d: three a second did not hold", u)
		}
	}
}

func TestPausedAccountIsNotQueried(t *testing.T) {
	t.Parallel()
	q := Quota{QueryUsage: checkout.QueryUsage{PausedUntil: morning.Add(time.Second)}}
	if q.spend(checkout.Budget{}, priorityReported, morning) || !q.spend(checkout.Budget{}, priorityIdle, morning.Add(time.Second)) {
		t.Error("the pause did not hold")
	}
}

func TestAllowanceHoldsAtEveryPriority(t *testing.T) {
	t.Parallel()
	for _, allowance := range []int{1, 2, 5, 10, 100, 2000} {
		q, b := Quota{}, checkout.Budget{PerDay: allowance}
		taken := 0
		for at := cambodia.Midnight(morning); at.Before(cambodia.Midnight(morning).Add(day)); at = at.Add(time.Minute) {
			for u := prioritySparse; u >= priorityReported; u-- {
				taken += drain(&q, b, u, at)
			}
		}
		if most := allowance - hashLookups(allowance); taken > most || taken < most-1-allowance/500 || q.Queries+q.ReserveQueries != taken {
			t.Errorf("%d of %d queried, %d and %d counted", taken, allowance, q.Queries, q.ReserveQueries)
		}
	}
}

func TestAllowanceComesInEvenly(t *testing.T) {
	t.Parallel()
	q, b := Quota{}, checkout.Budget{PerDay: 100}
	at := cambodia.Midnight(morning)
	for hour := 1; hour <= 24; hour++ {
		for end := at.Add(time.Hour); at.Before(end); at = at.Add(time.Minute) {
			q.spend(b, priorityViewed, at)
		}
		even := 85 * float64(hour) / 24
		if ahead := float64(q.Queries) - even; ahead > 7 || ahead < -1 {
			t.Errorf("after %d hours %d queries, evenly %.1f", hour, q.Queries, even)
		}
	}
}

func TestUnusedQueriesCarryOverWithinTheDay(t *testing.T) {
	t.Parallel()
	q, b := Quota{}, checkout.Budget{PerDay: 100}
	q.spend(b, priorityViewed, cambodia.Midnight(morning))
	noon := cambodia.Midnight(morning).Add(12 * time.Hour)
	if n := drain(&q, b, priorityViewed, noon); n != 7 {
		t.Errorf("%d queries in a row after a quiet morning", n)
	}
	before := q.Queries
	for at := noon; at.Before(noon.Add(12 * time.Hour)); at = at.Add(time.Minute) {
		q.spend(b, priorityViewed, at)
	}
	if later := q.Queries - before; later < 76 || q.Queries > 85 {
		t.Errorf("%d queries in the afternoon, %d in all", later, q.Queries)
	}
}

func TestIdlePaymentsLeaveQueriesForBuyersWhoWait(t *testing.T) {
	t.Parallel()
	for u, want := range map[priority]int{priorityViewed: 7, priorityIdle: 4, prioritySparse: 1} {
		q, b := Quota{}, checkout.Budget{PerDay: 100}
		if n := drain(&q, b, u, morning); n != want {
			t.Errorf("priority %d: %d in a row, want %d", u, n, want)
		}
	}
}

func TestReserveIsForThoseWhoSayTheyHavePaid(t *testing.T) {
	t.Parallel()
	spent := func() (Quota, checkout.Budget) {
		q, b := Quota{}, checkout.Budget{PerDay: 100}
		drain(&q, b, priorityViewed, morning)
		return q, b
	}
	q, b := spent()
	if n := drain(&q, b, priorityReported, morning); n != 3 {
		t.Errorf("%d queries out of the reserve at 7 in the morning, want 7/24 of ten, rounded up", n)
	}
	q, b = spent()
	if q.spend(b, priorityIdle, morning) || q.spend(b, priorityViewed, morning) {
		t.Error("others used the reserve")
	}
}

func TestNextDayBeginsAtMidnightInCambodia(t *testing.T) {
	t.Parallel()
	q, b := Quota{}, checkout.Budget{PerDay: 2}
	drain(&q, b, priorityViewed, morning)
	before := time.Date(2026, 4, 14, 16, 59, 59, 0, time.UTC)
	drain(&q, b, priorityReported, before)
	if q.spend(b, priorityReported, before) {
		t.Error("queried more than the allowance")
	}
	if !q.spend(b, priorityReported, before.Add(2*time.Second)) {
		t.Error("refused after midnight")
	}
	if q.spend(b, priorityReported, before) {
		t.Error("a replica whose clock is behind began the day before again")
	}
}

func TestSmallerOfSetAndLearnedAllowanceHolds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ set, learnt, want int }{{0, 0, 0}, {100, 0, 100}, {0, 50, 50}, {100, 50, 50}, {50, 100, 50}} {
		q := Quota{QueryUsage: checkout.QueryUsage{LearnedLimit: c.learnt}}
		if got := q.Allowance(checkout.Budget{PerDay: c.set}); got != c.want {
			t.Errorf("set %d, learnt %d: %d, want %d", c.set, c.learnt, got, c.want)
		}
	}
}
