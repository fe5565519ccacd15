package db

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/riverqueue/river/riverdriver"
)

const (
	announceEvery   = 25 * time.Millisecond // at most
	announceTimeout = 2 * time.Second
	insertTopic     = "river_insert" // on which River's workers listen
)

// announcer notifies the replicas, which listen, that a queue was given jobs, so that
// they need not wait for their next poll. It does so after the commit and outside the
// transaction: PostgreSQL commits transactions that notify one after another. Nobody
// waits for an announcement, many are made together, and one that is lost is made up
// for by a poll. A nil announcer makes none.
type announcer struct {
	executor riverdriver.Executor
	log      *slog.Logger

	mu     sync.Mutex
	queues map[string]bool // that are to be announced
	given  chan struct{}   // receives when queues is not empty any more

	stop    context.CancelFunc
	stopped chan struct{}
}

func newAnnouncer(executor riverdriver.Executor, log *slog.Logger) *announcer {
	ctx, stop := context.WithCancel(context.Background())
	a := &announcer{
		executor: executor, log: log, queues: map[string]bool{},
		given: make(chan struct{}, 1), stop: stop, stopped: make(chan struct{}),
	}
	go a.run(ctx)
	return a
}

// announce has queues announced soon, and does not wait for it.
func (a *announcer) announce(queues []string) {
	if a == nil || len(queues) == 0 {
		return
	}

	a.mu.Lock()
	for _, queue := range queues {
		a.queues[queue] = true
	}
	a.mu.Unlock()

	select {
	case a.given <- struct{}{}:
	default:
	}
}

// close ends the announcer after it has announced what it was given.
func (a *announcer) close() {
	if a == nil {
		return
	}
	a.stop()
	<-a.stopped
}

func (a *announcer) run(ctx context.Context) {
	defer close(a.stopped)
	defer a.send()

	for {
		select {
		case <-a.given:
		case <-ctx.Done():
			return
		}
		a.send()

		select {
		case <-time.After(announceEvery):
		case <-ctx.Done():
			return
		}
	}
}

func (a *announcer) send() {
	a.mu.Lock()
	var payloads []string
	for queue := range a.queues {
		payloads = append(payloads, fmt.Sprintf(`{"queue":%q}`, queue))
	}
	clear(a.queues)
	a.mu.Unlock()
	if len(payloads) == 0 {
		return
	}

	ctx, cancel := context.WithTimeout(context.Background(), announceTimeout)
	defer cancel()
	if err := a.executor.NotifyMany(ctx, &riverdriver.NotifyManyParams{Topic: insertTopic, Payload: payloads}); err != nil {
		a.log.Debug("announce jobs", "error", err)
	}
}
