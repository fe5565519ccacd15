package db_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"rieltime/db"
)

func TestDailyWorkIsDoneOnceForTheDayBefore(t *testing.T) {
	t.Parallel()
	// At 02:59 in Cambodia, payments made late on the day before may still come.
	now := time.Date(2026, 1, 2, 19, 59, 0, 0, time.UTC)
	store, err := db.Open(t.Context(), db.Options{Path: filepath.Join(t.TempDir(), "rieltime.db"), Key: make([]byte, db.KeySize), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	var mu sync.Mutex
	var days []string
	failures := 1
	run := func() (stop func()) {
		stopQueue, err := store.StartQueue(context.Background(), db.Jobs{Daily: func(_ context.Context, day time.Time) error {
			mu.Lock()
			defer mu.Unlock()
			days = append(days, day.Format(time.RFC3339))
			if failures--; failures >= 0 {
				return errors.New("not now")
			}
			return nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		return func() {
			if err := stopQueue(context.Background()); err != nil {
				t.Error(err)
			}
		}
	}
	count := func() int {
		mu.Lock()
		defer mu.Unlock()
		return len(days)
	}
	stop := run()
	eventually(t, "the work is tried again", func() bool { return count() == 2 })
	stop()
	now = now.Add(time.Minute)
	stop = run()
	eventually(t, "the next day's work is done", func() bool { return count() == 3 })
	stop()
	if days[0] != "2026-01-01T00:00:00+07:00" || days[1] != days[0] || days[2] != "2026-01-02T00:00:00+07:00" {
		t.Errorf("days %v", days)
	}
}

func TestWorkOfADayThatOutlastsTheServerIsRepeated(t *testing.T) {
	t.Parallel()
	store, begun := open(t), make(chan struct{})
	stop, err := store.StartQueue(context.Background(), db.Jobs{Daily: func(ctx context.Context, _ time.Time) error {
		close(begun)
		<-ctx.Done()
		return ctx.Err()
	}})
	if err != nil {
		t.Fatal(err)
	}
	<-begun
	grace, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	if err := stop(grace); err != nil {
		t.Errorf("the server did not end: %v", err)
	}

	done := make(chan struct{})
	stop, err = store.StartQueue(context.Background(), db.Jobs{Daily: func(context.Context, time.Time) error {
		close(done)
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	<-done
	if err := stop(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestRatesThatAreNotFetchedRepeatNothingElse(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	days, fetches := 0, 0
	store := open(t)
	stop, err := store.StartQueue(context.Background(), db.Jobs{
		Daily: func(context.Context, time.Time) error {
			mu.Lock()
			defer mu.Unlock()
			days++
			return nil
		},
		FetchRates: func(context.Context, time.Time) error {
			mu.Lock()
			defer mu.Unlock()
			if fetches++; fetches == 1 {
				return errors.New("the address does not answer")
			}
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	count := func() (int, int) {
		mu.Lock()
		defer mu.Unlock()
		return days, fetches
	}
	eventually(t, "the rates are fetched again until they are there", func() bool { _, fetched := count(); return fetched == 2 })
	eventually(t, "the day's work is done", func() bool { done, _ := count(); return done > 0 })
	if err := stop(context.Background()); err != nil {
		t.Error(err)
	}
	if done, fetched := count(); done != 1 || fetched != 2 {
		t.Errorf("the day's work was done %d times, the rates were fetched %d times", done, fetched)
	}
}
