package db

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// jobLog is the log of the job queue: errors only, because River reports each retry,
// which our own attempts table keeps, and each message at most once in jobLogEvery,
// because it reports each of the many reads that fail while the database is away.
type jobLog struct {
	slog.Handler
	now func() time.Time

	mu   sync.Mutex
	last map[string]time.Time // by message; few: River's own
}

const jobLogEvery = 10 * time.Second

func newJobLog(handler slog.Handler, now func() time.Time) *jobLog {
	return &jobLog{Handler: handler, now: now, last: map[string]time.Time{}}
}

// Enabled implements slog.Handler.
func (l *jobLog) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelError }

// Handle implements slog.Handler.
func (l *jobLog) Handle(ctx context.Context, record slog.Record) error {
	if !l.isDue(record.Message) {
		return nil
	}
	return l.Handler.Handle(ctx, record)
}

func (l *jobLog) isDue(message string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if last, logged := l.last[message]; logged && now.Sub(last).Abs() < jobLogEvery {
		return false
	}
	l.last[message] = now
	return true
}
