package autopilot

import (
	"testing"
	"testing/synctest"
	"time"

	"rieltime/checkout"
	"rieltime/providers/faults"
)

func TestLastDigitsSayTheOutcome(t *testing.T) {
	for _, c := range []struct {
		minor    int64
		currency checkout.Currency
		want     Outcome
	}{
		{1000, checkout.USD, ByHand}, {1001, checkout.USD, Declined}, {1002, checkout.USD, Pending},
		{1003, checkout.USD, Unreachable}, {1004, checkout.USD, OneLess}, {1005, checkout.USD, Late},
		{1006, checkout.USD, Paid}, {1007, checkout.USD, Transferred}, {1008, checkout.USD, ByHand}, {1011, checkout.USD, ByHand},
		{1099, checkout.USD, ByHand}, {6, checkout.USD, Paid},
		{41000, checkout.KHR, ByHand}, {41001, checkout.KHR, Declined}, {41016, checkout.KHR, Paid},
		{41007, checkout.KHR, Transferred}, {41009, checkout.KHR, ByHand},
	} {
		if got := Of(checkout.Money{Minor: c.minor, Currency: c.currency}); got != c.want {
			t.Errorf("%d %s is outcome %d, want %d", c.minor, c.currency, got, c.want)
		}
	}
}

func TestNothingHappensAfterClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pilot := New(&faults.Injector{})
		flown := 0
		flight := Flight{Amount: checkout.Money{Minor: 106, Currency: checkout.USD}, Pay: func(checkout.Money) { flown++ }}
		pilot.Take(flight)
		time.Sleep(Thinking)
		synctest.Wait()
		pilot.Take(flight)
		pilot.Close()
		pilot.Take(flight)
		time.Sleep(time.Hour)
		if flown != 1 {
			t.Errorf("%d payments were made, want the one before the close", flown)
		}
	})
}

func TestFlightIsTakenUpWhereItWas(t *testing.T) {
	for name, c := range map[string]struct {
		minor     int64
		age, left time.Duration
		want      time.Duration
	}{
		"overdue":         {106, time.Hour, 0, 0},
		"half way":        {106, time.Second, 0, 2 * time.Second},
		"outage over":     {103, time.Minute, 0, 0},
		"late, no end":    {105, 10 * time.Minute, 0, 20*time.Minute + LateAfter},
		"late, has ended": {105, 10 * time.Minute, -time.Minute, LateAfter - time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				pilot, began := New(&faults.Injector{}), time.Now()
				paid := make(chan time.Duration, 1)
				pilot.Take(Flight{
					Amount: checkout.Money{Minor: c.minor, Currency: checkout.USD}, Age: c.age, Left: c.left,
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
