package db

import (
	"context"
	"errors"
	"os"
	"time"

	"rieltime/checkout"
)

// Stats are figures about what stands in the database now. Reading them costs
// by what is open and pending, not by what was ever made.
type Stats struct {
	OpenSessions      map[checkout.Mode]int
	OpenReviews       map[ReviewKind]int
	PendingRefunds    int
	PendingDeliveries int
	OldestPending     time.Time // when the oldest pending delivery was made; zero when none is
	QueryUsage        []checkout.QueryUsage
	FileBytes         int64 // of the database and its log
}

// ReviewKind groups reviews that wait for their merchant.
type ReviewKind struct {
	Provider string
	Mode     checkout.Mode
	Review   checkout.Review
}

// Stats reads the figures.
func (s *Store) Stats(ctx context.Context) (Stats, error) {
	stats := Stats{OpenSessions: map[checkout.Mode]int{}, OpenReviews: map[ReviewKind]int{}}
	var oldest int64
	err := errors.Join(
		forEach(ctx, s.lists, func(row scanner) error {
			var mode checkout.Mode
			var n int
			err := row.Scan(&mode, &n)
			stats.OpenSessions[mode] = n
			return err
		}, "SELECT mode, count(*) FROM sessions WHERE status = 'open' GROUP BY mode"),
		forEach(ctx, s.lists, func(row scanner) error {
			var kind ReviewKind
			var n int
			err := row.Scan(&kind.Provider, &kind.Mode, &kind.Review, &n)
			stats.OpenReviews[kind] = n
			return err
		}, "SELECT provider, mode, review, count(*) FROM payments WHERE review <> '' AND decision = '' GROUP BY provider, mode, review"),
		forEach(ctx, s.lists, func(row scanner) error {
			var quota quotaRow
			var id string
			err := row.Scan(append([]any{&id}, quota.fields()...)...)
			stats.QueryUsage = append(stats.QueryUsage, quota.read(id).QueryUsage)
			return err
		}, "SELECT id, "+quotaColumns+" FROM provider_accounts WHERE enabled = 1"),
		forEach(ctx, s.lists, func(row scanner) error {
			return row.Scan(&stats.PendingDeliveries, &oldest)
		}, "SELECT count(*), coalesce(min(created_at), 0) FROM deliveries WHERE status = 'pending'"),
		forEach(ctx, s.lists, func(row scanner) error { return row.Scan(&stats.PendingRefunds) }, "SELECT count(*) FROM refunds WHERE status = 'pending'"),
	)

	stats.OldestPending = fromMillis(oldest)
	for _, name := range []string{s.path, s.path + "-wal"} {
		if info, err := os.Stat(name); err == nil {
			stats.FileBytes += info.Size()
		}
	}

	return stats, err
}
