package checkout_test

import (
	"reflect"
	"testing"
	"time"

	"rieltime/checkout"
)

func TestStatsAreOfClosedAttempts(t *testing.T) {
	t.Parallel()
	made := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var outcomes []checkout.AttemptOutcome
	for seconds := 10; seconds >= 1; seconds-- {
		outcomes = append(outcomes, checkout.AttemptOutcome{Provider: "fast", Status: checkout.PaymentSucceeded, CreatedAt: made, RecordedAt: made.Add(time.Duration(seconds) * time.Second)})
	}
	outcomes = append(outcomes,
		checkout.AttemptOutcome{Provider: "fast", Status: checkout.PaymentExpired, CreatedAt: made},
		checkout.AttemptOutcome{Provider: "fast", Status: checkout.PaymentProcessing, CreatedAt: made},
		checkout.AttemptOutcome{Provider: "broken", Status: checkout.PaymentFailed, CreatedAt: made},
	)
	want := []checkout.ProviderStats{
		{Provider: "fast", Attempts: 11, Paid: 10, Median: 5 * time.Second, Slow: 9 * time.Second},
		{Provider: "broken", Attempts: 1},
	}
	if got := checkout.StatsOf(outcomes); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}
