package db

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"rieltime/checkout"
	"rieltime/internal/cambodia"
)

const (
	dailyTimeout  = 5 * time.Minute
	dailyAttempts = 10 // over some hours

	// dayIsOver is how long after midnight a day's late payments are waited for.
	dayIsOver = 3 * time.Hour
)

type dailyArgs struct {
	Day string `json:"day"` // such as 2026-11-20
}

func (dailyArgs) Kind() string  { return "daily" }
func (a dailyArgs) day() string { return a.Day }

// ratesArgs fetch the rates of exchange, of which a failure repeats nothing else.
type ratesArgs struct {
	Day string `json:"day"` // as in dailyArgs
}

func (ratesArgs) Kind() string  { return "rates" }
func (a ratesArgs) day() string { return a.Day }

// dayArgs are those of the work of a day.
type dayArgs interface {
	river.JobArgs
	day() string
}

// dayWorker does the work of a day, until the server is about to end: it may take minutes, and
// is repeated after the next start.
type dayWorker[Args dayArgs] struct {
	river.WorkerDefaults[Args]
	do    func(ctx context.Context, day time.Time) error
	until context.Context
}

func (w *dayWorker[Args]) Timeout(*river.Job[Args]) time.Duration { return dailyTimeout }

func (w *dayWorker[Args]) Work(ctx context.Context, job *river.Job[Args]) error {
	day, err := time.ParseInLocation(time.DateOnly, job.Args.day(), cambodia.Zone)
	if err != nil {
		return river.JobCancel(err)
	}

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(w.until, cancel)()
	return w.do(ctx, day)
}

// dailyJob queues work of the last day that is over, once: whether it is done
// already shows in the job of that day.
func (s *Store) dailyJob(of func(day string) river.JobArgs) *river.PeriodicJob {
	return river.NewPeriodicJob(river.PeriodicInterval(time.Hour), func() (river.JobArgs, *river.InsertOpts) {
		day := s.now().In(cambodia.Zone).Add(-dayIsOver).AddDate(0, 0, -1)
		return of(day.Format(time.DateOnly)), &river.InsertOpts{MaxAttempts: dailyAttempts, UniqueOpts: river.UniqueOpts{ByArgs: true}}
	}, &river.PeriodicJobOpts{RunOnStart: true})
}

// PaymentsOf lists an account's payments created from one time up to another.
func (s *Store) PaymentsOf(ctx context.Context, account checkout.Account, from, to time.Time) ([]checkout.Payment, error) {
	return selectPayments(ctx, s.lists, "WHERE merchant_id = $1 AND mode = $2 AND created_at >= $3 AND created_at < $4 AND account_id = $5 ORDER BY created_at, id",
		account.MerchantID, account.Mode, millis(from), millis(to), account.ID)
}
