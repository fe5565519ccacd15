package db

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"rieltime/checkout"
	"rieltime/internal/cambodia"
)

// DigestEvents adds to each feed an event with the digest of a day in Cambodian
// time: of the events after the last digest, up to the last one created before
// the day's end. A feed that has no other events than digests since then gets
// none, nor does one that has the digest of this or a later day already. It goes
// on with the other feeds when one fails.
func (s *Store) DigestEvents(ctx context.Context, day time.Time) error {
	feeds, err := selectAll(ctx, s.lists, func(row scanner) (d checkout.EventDigest, err error) {
		err = row.Scan(&d.MerchantID, &d.Mode)
		return d, err
	}, "SELECT merchant_id, mode FROM event_feeds WHERE last_sequence > 0 ORDER BY merchant_id, mode")
	if err != nil {
		return err
	}

	end := cambodia.Midnight(day).In(cambodia.Zone).AddDate(0, 0, 1)
	var failed error
	for _, digest := range feeds {
		digest.Date = day.In(cambodia.Zone).Format(time.DateOnly)
		if err := s.digestFeed(ctx, digest, end); err != nil {
			failed = errors.Join(failed, fmt.Errorf("digest the %s events of %s: %w", digest.Mode, digest.MerchantID, err))
		}
	}

	return failed
}

// digestFeed digests the events of one feed that were created before the day's end.
func (s *Store) digestFeed(ctx context.Context, digest checkout.EventDigest, end time.Time) error {
	date, last, err := lastDigest(ctx, s.lists, digest.MerchantID, digest.Mode)
	if err != nil || date >= digest.Date {
		return err
	}

	digest.FirstSequence = last + 1
	err = s.lists.QueryRowContext(ctx, `SELECT sequence FROM events WHERE merchant_id = $1 AND mode = $2 AND created_at < $3
		ORDER BY created_at DESC, sequence DESC LIMIT 1`, digest.MerchantID, digest.Mode, millis(end)).Scan(&digest.LastSequence)
	if err != nil || digest.LastSequence < digest.FirstSequence {
		return ignoreNotFound(translateErr(err))
	}

	// Numbers become visible in their order, so that all up to the last one are
	// there; they and the ids never change: no transaction is needed to read them.
	onlyDigests, err := s.hashIDs(ctx, &digest)
	if err != nil || onlyDigests {
		return err
	}

	return s.inPieces(ctx, func(ctx context.Context, tx *sql.Tx) (more bool, err error) {
		return false, s.insertDigest(ctx, tx, digest)
	})
}

// lastDigest returns the day of a feed's last digest and the number of the last
// event that it covers.
func lastDigest(ctx context.Context, q querier, merchantID string, mode checkout.Mode) (date string, last int64, err error) {
	err = q.QueryRowContext(ctx, "SELECT date, last_sequence FROM event_digests WHERE merchant_id = $1 AND mode = $2 ORDER BY date DESC LIMIT 1", merchantID, mode).
		Scan(&date, &last)
	return date, last, ignoreNotFound(translateErr(err))
}

const hashedAtOnce = 1000 // ids that are in memory at a time

// hashIDs counts the events from the digest's first to its last and hashes their
// ids.
func (s *Store) hashIDs(ctx context.Context, digest *checkout.EventDigest) (onlyDigests bool, err error) {
	hash := sha256.New()
	onlyDigests = true
	for after := digest.FirstSequence - 1; after < digest.LastSequence; {
		ids, err := selectAll(ctx, s.lists, func(row scanner) (id string, err error) {
			var isDigest bool
			err = row.Scan(&after, &id, &isDigest)
			onlyDigests = onlyDigests && isDigest
			return id, err
		}, `SELECT sequence, id, type = $1 FROM events WHERE merchant_id = $2 AND mode = $3 AND sequence > $4 AND sequence <= $5
			ORDER BY sequence LIMIT $6`, checkout.EventEventsDigest, digest.MerchantID, digest.Mode, after, digest.LastSequence, hashedAtOnce)
		if err != nil {
			return false, err
		}
		if len(ids) == 0 {
			return false, fmt.Errorf("there is no event after number %d", after)
		}

		for _, id := range ids {
			_, _ = io.WriteString(hash, id+"\n") // a hash never fails
		}

		digest.Count += int64(len(ids))
	}

	digest.IDsSHA256 = hex.EncodeToString(hash.Sum(nil))
	return onlyDigests, nil
}

// errDigestedMeanwhile has the job tried again: another process has made the digest
// of an earlier day, after which this one has to begin.
var errDigestedMeanwhile = errors.New("another digest was made meanwhile")

// insertDigest stores a digest and its event, unless there is one already.
func (s *Store) insertDigest(ctx context.Context, tx *sql.Tx, digest checkout.EventDigest) error {
	// The feed's lock is held until the commit: only one process gets past this.
	if _, err := advanceFeed(ctx, tx, digest.MerchantID, digest.Mode, 0); err != nil {
		return err
	}

	date, last, err := lastDigest(ctx, tx, digest.MerchantID, digest.Mode)
	if err != nil || date >= digest.Date {
		return err
	}
	if before := digest.FirstSequence - 1; last != before {
		return errDigestedMeanwhile
	}

	event, err := digest.Event(s.now())
	if err != nil {
		return err
	}
	if err := s.insertEvents(ctx, tx, []checkout.Event{event}); err != nil {
		return err
	}

	_, err = tx.ExecContext(ctx, insertDigestQuery,
		digest.MerchantID, digest.Mode, digest.Date, digest.FirstSequence, digest.LastSequence, event.ID)
	return err
}

var insertDigestQuery = insertInto("event_digests", "merchant_id, mode, date, first_sequence, last_sequence, event_id")
