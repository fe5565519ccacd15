package checkout

import (
	"testing"
	"time"

	"rieltime/internal/cambodia"
)

// morning is 07:00 in Phnom Penh.
var morning = time.Date(2026, 4, 14, 0, 0, 0, 0, time.UTC)

// drain takes questions until the meter refuses.
func drain(m *Quota, b Budget, u Priority, at time.Time) (taken int) {
	for taken < 10_000 && m.Spend(b, u, at) {
		taken++
	}
	return taken
}

func TestUnlimitedBudgetRefusesNothing(t *testing.T) {
	var m Quota
	if n := drain(&m, Budget{}, PriorityIdle, morning); n != 10_000 || m.Asked != n {
		t.Errorf("%d taken, %d counted", n, m.Asked)
	}
}

func TestRateHoldsForEveryUrgency(t *testing.T) {
	for u := PriorityReported; u <= PrioritySparse; u++ {
		var m Quota
		b := Budget{PerSecond: 3}
		if !m.Spend(b, u, morning) || m.Spend(b, u, morning.Add(333*time.Millisecond)) || !m.Spend(b, u, morning.Add(334*time.Millisecond)) {
			t.Errorf("urgency %d: three a second did not hold", u)
		}
	}
}

func TestPausedAccountIsNotAsked(t *testing.T) {
	m := Quota{PausedUntil: morning.Add(time.Second)}
	if m.Spend(Budget{}, PriorityReported, morning) || !m.Spend(Budget{}, PriorityIdle, morning.Add(time.Second)) {
		t.Error("the pause did not hold")
	}
}

func TestAllowanceHoldsWhateverIsAsked(t *testing.T) {
	for _, allowance := range []int{1, 2, 5, 10, 100, 2000} {
		m, b := Quota{}, Budget{PerDay: allowance}
		taken := 0
		for at := cambodia.Midnight(morning); at.Before(cambodia.Midnight(morning).Add(day)); at = at.Add(time.Minute) {
			for u := PrioritySparse; u >= PriorityReported; u-- {
				taken += drain(&m, b, u, at)
			}
		}
		if most := allowance - HashLookups(allowance); taken > most || taken < most-1-allowance/500 || m.Asked+m.Reserved != taken {
			t.Errorf("%d of %d asked, %d and %d counted", taken, allowance, m.Asked, m.Reserved)
		}
	}
}

func TestAllowanceComesInEvenly(t *testing.T) {
	m, b := Quota{}, Budget{PerDay: 100}
	at := cambodia.Midnight(morning)
	for hour := 1; hour <= 24; hour++ {
		for end := at.Add(time.Hour); at.Before(end); at = at.Add(time.Minute) {
			m.Spend(b, PriorityViewed, at)
		}
		even := 85 * float64(hour) / 24
		if ahead := float64(m.Asked) - even; ahead > 7 || ahead < -1 {
			t.Errorf("after %d hours %d questions, evenly %.1f", hour, m.Asked, even)
		}
	}
}

func TestUnusedQuestionsCarryOnWithinTheDay(t *testing.T) {
	m, b := Quota{}, Budget{PerDay: 100}
	m.Spend(b, PriorityViewed, cambodia.Midnight(morning))
	noon := cambodia.Midnight(morning).Add(12 * time.Hour)
	if n := drain(&m, b, PriorityViewed, noon); n != 7 {
		t.Errorf("%d questions in a row after a quiet morning", n)
	}
	asked := m.Asked
	for at := noon; at.Before(noon.Add(12 * time.Hour)); at = at.Add(time.Minute) {
		m.Spend(b, PriorityViewed, at)
	}
	if later := m.Asked - asked; later < 76 || m.Asked > 85 {
		t.Errorf("%d questions in the afternoon, %d in all", later, m.Asked)
	}
}

func TestRestingOnesLeaveQuestionsForBuyersWhoLook(t *testing.T) {
	for u, want := range map[Priority]int{PriorityViewed: 7, PriorityIdle: 4, PrioritySparse: 1} {
		m, b := Quota{}, Budget{PerDay: 100}
		if n := drain(&m, b, u, morning); n != want {
			t.Errorf("urgency %d: %d in a row, want %d", u, n, want)
		}
	}
}

func TestReserveIsForThoseWhoSayTheyHavePaid(t *testing.T) {
	spent := func() (Quota, Budget) {
		m, b := Quota{}, Budget{PerDay: 100}
		drain(&m, b, PriorityViewed, morning)
		return m, b
	}
	m, b := spent()
	if n := drain(&m, b, PriorityReported, morning); n != 3 {
		t.Errorf("%d claims out of the reserve at 7 in the morning, want 7/24 of ten, rounded up", n)
	}
	m, b = spent()
	if m.Spend(b, PriorityIdle, morning) || m.Spend(b, PriorityViewed, morning) {
		t.Error("others used the reserve")
	}
}

func TestNextDayBeginsAnewInIndochina(t *testing.T) {
	m, b := Quota{}, Budget{PerDay: 2}
	drain(&m, b, PriorityViewed, morning)
	before := time.Date(2026, 4, 14, 16, 59, 59, 0, time.UTC)
	drain(&m, b, PriorityReported, before)
	if m.Spend(b, PriorityReported, before) {
		t.Error("asked more than the allowance")
	}
	if !m.Spend(b, PriorityReported, before.Add(2*time.Second)) {
		t.Error("refused after midnight")
	}
	if m.Spend(b, PriorityReported, before) {
		t.Error("a replica whose clock is behind began the day before again")
	}
}

func TestSmallerOfSetAndLearntAllowanceHolds(t *testing.T) {
	for _, c := range []struct{ set, learnt, want int }{{0, 0, 0}, {100, 0, 100}, {0, 50, 50}, {100, 50, 50}, {50, 100, 50}} {
		m := Quota{LearnedLimit: c.learnt}
		if got := m.Allowance(Budget{PerDay: c.set}); got != c.want {
			t.Errorf("set %d, learnt %d: %d, want %d", c.set, c.learnt, got, c.want)
		}
	}
}
