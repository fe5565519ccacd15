package checkout

import (
	"cmp"
	"slices"
	"time"
)

// AttemptOutcome is what became of an attempt.
type AttemptOutcome struct {
	Provider   string
	Status     PaymentStatus
	CreatedAt  time.Time
	RecordedAt time.Time // when its money was recorded; zero: none was
}

// ProviderStats is how attempts through one provider went.
type ProviderStats struct {
	Provider string
	Attempts int // that are closed
	Paid     int // of those, the ones for which money came

	// Median and Slow are the times from an attempt's start to the record of its proof
	// within which half of the paid ones, and nine tenths of them, were recorded.
	Median, Slow time.Duration
}

// StatsOf returns how attempts went, by provider, the most used first.
func StatsOf(outcomes []AttemptOutcome) (stats []ProviderStats) {
	waits := map[string][]time.Duration{}
	attempts := map[string]int{}
	for _, o := range outcomes {
		if !o.Status.Closed() {
			continue
		}

		attempts[o.Provider]++
		if !o.RecordedAt.IsZero() {
			waits[o.Provider] = append(waits[o.Provider], o.RecordedAt.Sub(o.CreatedAt))
		}
	}

	for provider, count := range attempts {
		s := ProviderStats{Provider: provider, Attempts: count, Paid: len(waits[provider])}
		if s.Paid > 0 {
			slices.Sort(waits[provider])
			s.Median, s.Slow = within(waits[provider], 50), within(waits[provider], 90)
		}
		stats = append(stats, s)
	}

	slices.SortFunc(stats, func(a, b ProviderStats) int {
		return cmp.Or(cmp.Compare(b.Attempts, a.Attempts), cmp.Compare(a.Provider, b.Provider))
	})
	return stats
}

// within returns the least of some sorted times within which a share of a hundred is.
func within(sorted []time.Duration, share int) time.Duration {
	return sorted[(len(sorted)*share+99)/100-1]
}
