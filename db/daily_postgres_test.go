//go:build postgres

package db_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"rieltime/db"
	"rieltime/db/dbtest"
)

// dayWork counts what replicas did of the work of a day.
type dayWork struct {
	mu            sync.Mutex
	days, fetches int
}

func (w *dayWork) counts() (days, fetches int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.days, w.fetches
}

func (w *dayWork) jobs() db.Jobs {
	count := func(what *int) func(context.Context, time.Time) error {
		return func(context.Context, time.Time) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			*what++
			return nil
		}
	}
	return db.Jobs{Daily: count(&w.days), FetchRates: count(&w.fetches)}
}

// TestReplicasDoTheWorkOfADayOnce starts two replicas at once, and has the other queue the
// work again when the one that leads has stopped.
func TestReplicasDoTheWorkOfADayOnce(t *testing.T) {
	t.Parallel()
	options := dbtest.Fresh(t)
	var done dayWork
	var stops [2]func()
	var starting sync.WaitGroup
	for i := range stops {
		store := openByMachine(t, options, time.Now)
		starting.Go(func() { stops[i] = work(t, store, done.jobs()) })
	}
	starting.Wait()
	eventually(t, "the day's work is done and the rates are fetched", func() bool {
		days, fetches := done.counts()
		return days > 0 && fetches > 0
	})

	leads := func() string { return text(t, options.URL, "SELECT leader_id FROM river_leader") }
	sweeps := func() string { return text(t, options.URL, "SELECT count(*) FROM river_job WHERE kind = 'sweep'") }
	before, swept := leads(), sweeps()
	stops[0]()
	if leads() == before { // the other leads
		stops[1]()
		stops[0] = work(t, openByMachine(t, options, time.Now), done.jobs())
	}
	eventually(t, "another replica queues what is due", func() bool { return leads() != before && sweeps() != swept })
	eventually(t, "no job is left", func() bool {
		return text(t, options.URL, "SELECT count(*) FROM river_job WHERE kind IN ('daily', 'rates') AND state <> 'completed'") == "0"
	})
	for _, stop := range stops {
		stop()
	}
	if days, fetches := done.counts(); days != 1 || fetches != 1 {
		t.Errorf("the day's work was done %d times, the rates were fetched %d times", days, fetches)
	}
}

// TestReplicaLeavesWorkOfADayThatIsUnderWay has jobs that another replica began three minutes
// ago, which they may take.
func TestReplicaLeavesWorkOfADayThatIsUnderWay(t *testing.T) {
	t.Parallel()
	options := dbtest.Fresh(t)
	var done dayWork
	store := openByMachine(t, options, time.Now)
	stop := work(t, store, done.jobs())
	eventually(t, "the work is done", func() bool {
		return text(t, options.URL, "SELECT count(*) FROM river_job WHERE kind IN ('daily', 'rates') AND state = 'completed'") == "2"
	})
	stop()

	change(t, options.URL, "UPDATE river_job SET state = 'running', finalized_at = NULL, attempted_at = now() - interval '3 minutes' WHERE kind IN ('daily', 'rates')")
	swept := text(t, options.URL, "SELECT count(*) FROM river_job WHERE kind = 'sweep' AND state = 'completed'")
	stop = work(t, openByMachine(t, options, time.Now), done.jobs())
	eventually(t, "another replica has looked for jobs to rescue", func() bool {
		return text(t, options.URL, "SELECT count(*) FROM river_job WHERE kind = 'sweep' AND state = 'completed'") != swept
	})
	stop()
	if days, fetches := done.counts(); days != 1 || fetches != 1 {
		t.Errorf("the day's work was done %d times, the rates were fetched %d times", days, fetches)
	}
}
