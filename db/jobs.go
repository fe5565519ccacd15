package db

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"rieltime/checkout"
)

const (
	pollEvery  = 900 * time.Millisecond // for jobs that were not announced; River adds up to a tenth. A fetch of nothing takes the write lock too
	jobsAtOnce = 8
	deliverers = 128                   // of webhooks, which may hang: four times what one endpoint gets at most; they have a queue of their own
	fetchEvery = 25 * time.Millisecond // while there is more to do
	sweepEvery = time.Minute
	jobTimeout = time.Minute
	stuckAfter = 2 * time.Minute
	neverStuck = 1000 * time.Hour
)

// jobTime is the time by which River schedules jobs, in its own words.
type jobTime struct{ now func() time.Time }

func (t jobTime) Now() time.Time       { return t.now() }
func (t jobTime) NowOrNil() *time.Time { return nil } // the server's, where it decides itself

// DefaultRetainPersonal is for how long buyers' personal data is kept where nothing else
// is set.
const DefaultRetainPersonal = 90 * 24 * time.Hour

// Jobs are the functions that do the work.
type Jobs struct {
	// Deliver sends one webhook delivery, and says after how long to try it
	// again; 0 when it is done with. An error says that not even that is known.
	Deliver func(ctx context.Context, deliveryID string) (again time.Duration, err error)

	// CheckRefund asks about one pending refund, and says the same.
	CheckRefund func(ctx context.Context, sessionID, refundID string) (again time.Duration, err error)

	// Notify sends a chat what it was not notified of, and says the same; nil: no chat is
	// notified of anything.
	Notify func(ctx context.Context, chatID string) (again time.Duration, err error)

	// ShowSale changes the message of a session in a chat; required with Notify.
	ShowSale func(ctx context.Context, sessionID string) (again time.Duration, err error)

	// NotifyByMail does so for an addressee, and SendMail sends one e-mail; nil: no e-mail
	// is sent.
	NotifyByMail, SendMail func(ctx context.Context, id string) (again time.Duration, err error)

	// RetainPersonal is after how long buyers' personal data is forgotten; 0
	// keeps it. See Store.Forget.
	RetainPersonal time.Duration

	// PersonalFields are what providers call personal data; see Store.Forget.
	PersonalFields []string

	// Retention is for how long delivery attempts and the audit trail are kept.
	Retention Retention

	// Daily does the work of a day in Cambodia, some hours after it is
	// over; nil: there is none. An error has it tried again.
	Daily func(ctx context.Context, day time.Time) error

	// FetchRates fetches merchants' rates of exchange for a day, when Daily works; nil: there
	// is none. An error has it tried again, without the rest of the day's work.
	FetchRates func(ctx context.Context, day time.Time) error

	// PollEvery, which only tests set, is how often jobs are looked for that nobody
	// has announced; 0: often.
	PollEvery time.Duration
}

type sweepArgs struct{}

func (sweepArgs) Kind() string { return "sweep" }

type sweepWorker struct {
	river.WorkerDefaults[sweepArgs]
	store *Store
}

// Work queues again what our own rows say is pending and no job reminds of, and
// forgets what is too old.
func (w *sweepWorker) Work(ctx context.Context, _ *river.Job[sweepArgs]) error {
	if err := w.store.rescueJobs(ctx); err != nil {
		return err
	}
	if err := w.store.queueRefunds(ctx); err != nil {
		return err
	}

	pending, err := w.store.overdueDeliveries(ctx, w.store.now().Add(-time.Minute))
	if err != nil {
		return err
	}

	err = eachInPieces(ctx, w.store, pending, func(ctx context.Context, tx *sql.Tx, id string) error {
		return w.store.queue.runUnlessRunning(ctx, tx, deliveryJob(id))
	})
	if err != nil {
		return err
	}
	if err := w.store.giveUpTheRest(ctx); err != nil {
		return err
	}
	if err := w.store.pruneIdempotency(ctx); err != nil {
		return err
	}

	if err := w.store.pruneChanges(ctx); err != nil {
		return err
	}

	if err := w.store.pruneHashLookups(ctx); err != nil {
		return err
	}

	if err := w.store.pruneBankUploads(ctx); err != nil {
		return err
	}

	return w.store.queueDueNotices(ctx)
}

// StartQueue runs jobs until the returned function is called, which lets those
// under way end within its context.
func (s *Store) StartQueue(ctx context.Context, jobs Jobs) (stop func(context.Context) error, err error) {
	queues := map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: jobsAtOnce}, deliveryQueue: {MaxWorkers: deliverers}}
	if jobs.Notify != nil {
		queues[noticeQueue] = river.QueueConfig{MaxWorkers: notifiers}
	}
	if jobs.SendMail != nil {
		queues[mailQueue] = river.QueueConfig{MaxWorkers: mailers}
	}

	days, endDays := context.WithCancel(ctx)
	defer func() {
		if err != nil {
			endDays()
		}
	}()

	config := &river.Config{
		Queues:               queues,
		Workers:              s.workers(jobs, days),
		PollOnly:             !s.listens(),
		FetchPollInterval:    cmp.Or(jobs.PollEvery, pollEvery),
		FetchCooldown:        fetchEvery,
		JobTimeout:           jobTimeout,
		RescueStuckJobsAfter: stuckAfter,
		Middleware:           []rivertype.Middleware{river.WorkerMiddlewareFunc(s.containJob)},
		Logger:               slog.New(newJobLog(s.log.Handler(), s.now)),
		PeriodicJobs:         s.periodicJobs(jobs),
	}
	if s.stopNow != nil { // the server's clock, by which River does not rescue: rescueJobs does
		config.Test.Time, config.RescueStuckJobsAfter = jobTime{s.now}, neverStuck
	}

	client, err := s.newJobClient(config)
	if err != nil {
		return nil, fmt.Errorf("start the job queue: %w", err)
	}
	if s.dialect.ownsJobs {
		if err := s.freeJobs(ctx); err != nil {
			return nil, err
		}
	}

	if err := client.Start(ctx); err != nil {
		return nil, fmt.Errorf("start the job queue: %w", err)
	}

	s.queue.watch(client.Stopped(), s.now())
	deliverer := newDeliverer(ctx, s, jobs.Deliver)
	s.queue.deliverer.Store(deliverer)
	return func(ctx context.Context) error {
		defer endDays()
		if end, bounded := ctx.Deadline(); bounded { // what takes longer is repeated after the next start
			defer time.AfterFunc(time.Until(end)*4/5, endDays).Stop()
		}
		return errors.Join(deliverer.stop(ctx), client.Stop(ctx))
	}, nil
}

// workers do the jobs, and the work of a day until days ends.
func (s *Store) workers(jobs Jobs, days context.Context) *river.Workers {
	workers := river.NewWorkers()
	river.AddWorker(workers, &rowWorker[deliverArgs]{store: s, run: jobs.Deliver})
	river.AddWorker(workers, &checkRefundWorker{store: s, jobs: jobs})
	river.AddWorker(workers, &sweepWorker{store: s})
	river.AddWorker(workers, &redeliverWorker{store: s})
	river.AddWorker(workers, &forgetWorker{store: s, after: jobs.RetainPersonal, personalFields: jobs.PersonalFields})
	river.AddWorker(workers, &dayWorker[dailyArgs]{do: jobs.Daily, until: days})
	river.AddWorker(workers, &dayWorker[ratesArgs]{do: jobs.FetchRates, until: days})
	river.AddWorker(workers, &retainWorker{store: s, keep: jobs.Retention})
	if jobs.Notify != nil {
		river.AddWorker(workers, &rowWorker[noticeArgs]{store: s, run: jobs.Notify})
		river.AddWorker(workers, &rowWorker[chatSaleArgs]{store: s, run: jobs.ShowSale})
	}
	if jobs.SendMail != nil {
		river.AddWorker(workers, &rowWorker[mailArgs]{store: s, run: jobs.SendMail})
		river.AddWorker(workers, &rowWorker[mailNoticeArgs]{store: s, run: jobs.NotifyByMail})
	}
	return workers
}

func (s *Store) periodicJobs(jobs Jobs) []*river.PeriodicJob {
	sweep := river.NewPeriodicJob(
		river.PeriodicInterval(sweepEvery),
		func() (river.JobArgs, *river.InsertOpts) { return sweepArgs{}, &river.InsertOpts{MaxAttempts: 1} }, // the next comes anyway
		&river.PeriodicJobOpts{RunOnStart: true},
	)

	periodic := []*river.PeriodicJob{retainJob(), sweep}
	if jobs.RetainPersonal > 0 {
		periodic = append(periodic, forgetJob())
	}
	if jobs.Daily != nil {
		periodic = append(periodic, s.dailyJob(func(day string) river.JobArgs { return dailyArgs{day} }))
	}
	if jobs.FetchRates != nil {
		periodic = append(periodic, s.dailyJob(func(day string) river.JobArgs { return ratesArgs{day} }))
	}
	return periodic
}

// listens reports whether jobs are announced, which takes a connection of one's own to
// a server.
func (s *Store) listens() bool { return s.announcer != nil }

// jobClient is River's client with the driver of either engine.
type jobClient interface {
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	Stopped() <-chan struct{}
}

func (s *Store) newJobClient(config *river.Config) (jobClient, error) {
	if s.jobPool != nil {
		return river.NewClient(riverpgxv5.New(s.jobPool), config)
	}
	return river.NewClient(s.dialect.river(s.jobs), config)
}

// containJob turns a panic in a job into its error: River tries the job again
// after a growing wait.
func (s *Store) containJob(ctx context.Context, _ *rivertype.JobRow, work func(context.Context) error) (err error) {
	defer checkout.Contain(s.log, "job", &err)
	return work(ctx)
}

// freeJobs gives back jobs that a killed process was running, and queues deliveries
// that it was attempting without one. What another process is doing now may be done
// twice; a delivery may arrive twice anyway.
func (s *Store) freeJobs(ctx context.Context) error {
	pending, err := s.overdueDeliveries(ctx, s.now())
	if err != nil {
		return err
	}

	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "UPDATE river_job SET state = 'available' WHERE state = 'running'"); err != nil {
			return err
		}
		for _, id := range pending {
			if err := s.queue.runUnlessRunning(ctx, tx, deliveryJob(id)); err != nil {
				return err
			}
		}
		return nil
	})
}

// rescueJobs gives back the jobs that replicas were running for longer than any job
// may take, by the server's clock: they have ended.
func (s *Store) rescueJobs(ctx context.Context) error {
	if s.dialect.rescue == "" {
		return nil
	}
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, s.dialect.rescue)
		return err
	})
}
