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

func (dailyArgs) Kind() string { return "daily" }

type dailyWorker struct {
	river.WorkerDefaults[dailyArgs]
	do func(ctx context.Context, day time.Time) error
}

func (w *dailyWorker) Timeout(*river.Job[dailyArgs]) time.Duration { return dailyTimeout }

func (w *dailyWorker) Work(ctx context.Context, job *river.Job[dailyArgs]) error {
	return workOfDay(ctx, job.Args.Day, w.do)
}

// ratesArgs fetch the rates of exchange, of which a failure repeats nothing else.
type ratesArgs struct {
	Day string `json:"day"` // as in dailyArgs
}

func (ratesArgs) Kind() string { return "rates" }

type ratesWorker struct {
	river.WorkerDefaults[ratesArgs]
	do func(ctx context.Context, day time.Time) error
}

func (w *ratesWorker) Timeout(*river.Job[ratesArgs]) time.Duration { return dailyTimeout }

func (w *ratesWorker) Work(ctx context.Context, job *river.Job[ratesArgs]) error {
	return workOfDay(ctx, job.Args.Day, w.do)
}

func workOfDay(ctx context.Context, text string, do func(ctx context.Context, day time.Time) error) error {
	day, err := time.ParseInLocation(time.DateOnly, text, cambodia.Zone)
	if err != nil {
		return river.JobCancel(err)
	}
	return do(ctx, day)
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
