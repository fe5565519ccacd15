package simkit

import (
	"testing"
	"testing/synctest"
	"time"

	"rieltime/checkout"
)

func TestLastDigitsSayTheOutcome(t *testing.T) {
	for _, c := range []struct {
		minor    int64
		currency checkout.Currency
		want     Outcome
	}{
		{1000, checkout.USD, OutcomeByHand}, {1001, checkout.USD, OutcomeDeclined}, {1002, checkout.USD, OutcomePending},
		{1003, checkout.USD, OutcomeUnreachable}, {1004, checkout.USD, OutcomeOneLess}, {1005, checkout.USD, OutcomeLate},
		{1006, checkout.USD, OutcomePaid}, {1007, checkout.USD, OutcomeTransferred}, {1008, checkout.USD, OutcomeByHand}, {1011, checkout.USD, OutcomeByHand},
		{1099, checkout.USD, OutcomeByHand}, {6, checkout.USD, OutcomePaid},
		{41000, checkout.KHR, OutcomeByHand}, {41001, checkout.KHR, OutcomeDeclined}, {41016, checkout.KHR, OutcomePaid},
		{41007, checkout.KHR, OutcomeTransferred}, {41009, checkout.KHR, OutcomeByHand},
	} {
		if got := OutcomeOf(checkout.Money{Minor: c.minor, Currency: c.currency}); got != c.want {
			t.Errorf("%d %s is outcome %d, want %d", c.minor, c.currency, got, c.want)
		}
	}
}

func TestNothingHappensAfterClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pilot := NewAutopilot(&Injector{})
		flown := 0
		flight := Payment{Amount: checkout.Money{Minor: 106, Currency: checkout.USD}, Pay: func(checkout.Money) { flown++ }}
		pilot.Schedule(flight)
		time.Sleep(DecisionDelay)
		synctest.Wait()
		pilot.Schedule(flight)
		pilot.Close()
		pilot.Schedule(flight)
		time.Sleep(time.Hour)
		if flown != 1 {
			t.Errorf("%d payments were made, want the one before the close", flown)
		}
	})
}

func TestScheduledOutcomeResumesAfterARestart(t *testing.T) {
	for name, c := range map[string]struct {
		minor     int64
		age, left time.Duration
		want      time.Duration
	}{
		"overdue":         {106, time.Hour, 0, 0},
		"half way":        {106, time.Second, 0, 2 * time.Second},
		"outage over":     {103, time.Minute, 0, 0},
		"late, no end":    {105, 10 * time.Minute, 0, 20*time.Minute + LateDelay},
		"late, has ended": {105, 10 * time.Minute, -time.Minute, LateDelay - time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				pilot, began := NewAutopilot(&Injector{}), time.Now()
				paid := make(chan time.Duration, 1)
				pilot.Schedule(Payment{
					Amount: checkout.Money{Minor: c.minor, Currency: checkout.USD}, Age: c.age, Remaining: c.left,
					Pay: func(checkout.Money) { paid <- time.Since(began) },
				})
				if got := <-paid; got != c.want {
					t.Errorf("paid after %v, want %v", got, c.want)
				}
				pilot.Close()
			})
		})
	}
}
