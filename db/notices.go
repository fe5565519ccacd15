package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"rieltime/checkout"
	"rieltime/checkout/notices"
	"rieltime/internal/cambodia"
)

// Notices are sent by one job for each chat or addressee, which reads the feed behind what
// it was notified last. What comes before it begins goes into one message.

type noticeArgs struct {
	ChatID     string `json:"chat_id"`
	Generation int64  `json:"generation,omitempty"` // telegram_chats.generation when it was queued
}

func (noticeArgs) Kind() string           { return "notice" }
func (a noticeArgs) row() (rowJob, int64) { return noticeJob(a.ChatID), a.Generation }

const (
	noticeQueue = "notices"
	notifiers   = 32              // jobs at once: Telegram may take long to answer
	gatherFor   = 2 * time.Second // payments that come within it go into one message
)

func noticeJob(chatID string) rowJob {
	return rowJob{table: "telegram_chats", id: chatID, queue: noticeQueue, job: func(generation int64) river.JobArgs {
		return noticeArgs{ChatID: chatID, Generation: generation}
	}}
}

// queueNotices queues notices of a new event to the chats of a merchant soon, at once when it needs
// somebody.
func (s *Store) queueNotices(ctx context.Context, tx *sql.Tx, e checkout.Event) error {
	if s.queue.silent || !notices.Notifies(e.Type) {
		return nil
	}

	if err := s.queueChatSale(ctx, tx, e); err != nil {
		return err
	}
	if e.Type != checkout.EventPaymentSucceeded {
		return s.queueReceivers(ctx, tx, e.MerchantID, e.Mode)
	}
	return s.queueChats(ctx, tx, e.MerchantID, e.Mode, s.queue.now().Add(gatherFor)) // an e-mail for each would be too many
}

// queueReceivers queues notices of what needs somebody, at once, to a merchant's chats and addressees.
func (s *Store) queueReceivers(ctx context.Context, tx *sql.Tx, merchantID string, mode checkout.Mode) error {
	if s.queue.silent {
		return nil
	}
	if err := s.queueChats(ctx, tx, merchantID, mode, s.queue.now()); err != nil {
		return err
	}
	return s.queueMailNotices(ctx, tx, merchantID, mode)
}

func (s *Store) queueChats(ctx context.Context, tx *sql.Tx, merchantID string, mode checkout.Mode, at time.Time) error {
	chats, err := queryStrings(ctx, tx, "SELECT id FROM telegram_chats WHERE merchant_id = $1 AND mode = $2 AND stopped_at = 0 ORDER BY chat_id", merchantID, mode)
	if err != nil {
		return err
	}
	for _, id := range chats {
		if err := s.queue.runBy(ctx, tx, noticeJob(id), at); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) queueMailNotices(ctx context.Context, tx *sql.Tx, merchantID string, mode checkout.Mode) error {
	addressees, err := queryStrings(ctx, tx, "SELECT id FROM addressees WHERE merchant_id = $1 AND mode = $2 AND confirmed_at > 0 AND stopped_at = 0 ORDER BY email", merchantID, mode)
	if err != nil {
		return err
	}
	for _, id := range addressees {
		if err := s.queue.runBy(ctx, tx, mailNoticeJob(id), s.queue.now()); err != nil {
			return err
		}
	}
	return nil
}

// runBy has the work of a row done by a job that begins after this transaction, at a time
// unless one is queued already.
func (q *Queue) runBy(ctx context.Context, tx *sql.Tx, t rowJob, at time.Time) error {
	generation, err := t.current(ctx, tx)
	if err != nil {
		return err
	}

	options := river.InsertOpts{Queue: t.queue, UniqueOpts: onlyOnce, ScheduledAt: at}
	queued, err := q.insert(ctx, tx, t.job(generation), options)
	if err != nil || !queued.UniqueSkippedAsDuplicate || queued.Job.State != rivertype.JobStateRunning {
		return err
	}

	// The running job may have read the feed already.
	if _, err := tx.ExecContext(ctx, "UPDATE "+t.table+" SET generation = generation + 1 WHERE id = $1", t.id); err != nil {
		return err
	}
	_, err = q.insert(ctx, tx, t.job(generation+1), options)
	return err
}

const receiversAtOnce = 200

// receivers are a table of those that are notified, and their jobs.
type receivers struct {
	table string
	job   func(id string) rowJob
	which string // rows are notified of anything, as a condition
}

var allReceivers = []receivers{
	{"telegram_chats", noticeJob, "c.stopped_at = 0"},
	{"addressees", mailNoticeJob, "c.stopped_at = 0 AND c.confirmed_at > 0"},
}

// queueDueNotices queues the jobs of those to be notified of what no event brings: the totals
// of a day that is over, webhooks that fail, a rate that cannot be used. It also queues those that a lost job has left
// behind the feed.
func (s *Store) queueDueNotices(ctx context.Context) error {
	for _, r := range allReceivers {
		if err := s.queueDueReceivers(ctx, r); err != nil {
			return err
		}
	}
	return errors.Join(s.queueDueMails(ctx), s.queueDueChatSales(ctx))
}

func (s *Store) queueDueReceivers(ctx context.Context, r receivers) error {
	now := s.now()
	yesterday := cambodia.DayOf(now.Add(-time.Minute)) - 1
	for after := ""; ; {
		due, last, err := s.dueReceivers(ctx, r, dueQuery{after, yesterday, now})
		if err != nil {
			return err
		}

		err = eachInPieces(ctx, s, due, func(ctx context.Context, tx *sql.Tx, id string) error {
			return ignoreNotFound(s.queue.runBy(ctx, tx, r.job(id), s.queue.now()))
		})
		if err != nil || last == "" {
			return err
		}
		after = last
	}
}

type dueQuery struct {
	after     string // an id
	yesterday cambodia.Day
	now       time.Time
}

// dueReceivers returns those behind an id that are due, and the last id that it looked at;
// empty: there are no more.
func (s *Store) dueReceivers(ctx context.Context, r receivers, q dueQuery) (due []string, last string, err error) {
	looked := 0
	err = forEach(ctx, s.lists, func(row scanner) error {
		var open, is bool
		var rate rateNotified
		if err := row.Scan(append([]any{&last, &open, &is}, rate.fields()...)...); err != nil {
			return err
		}
		looked++
		changed, err := rate.changed(q.now)
		if open && (is || changed) {
			due = append(due, last)
		}
		return err
	}, `SELECT c.id, `+r.which+` AND c.next_at <= $1, (c.told_day < $2
			OR c.sequence < coalesce((SELECT f.last_sequence FROM event_feeds f WHERE f.merchant_id = c.merchant_id AND f.mode = c.mode), 0)
			OR c.webhooks_told <> CASE WHEN `+failingEndpoint+` THEN 1 ELSE 0 END
			OR `+untoldReport+`), `+rateNotifiedColumns+`
		FROM `+r.table+` c JOIN merchants m ON m.id = c.merchant_id `+lastRateOfReceiver+` WHERE c.id > $3 ORDER BY c.id LIMIT CAST($4 AS BIGINT)`, millis(q.now), q.yesterday, q.after, receiversAtOnce)
	if looked < receiversAtOnce {
		last = ""
	}
	return due, last, translateErr(err)
}

const failingEndpoint = `EXISTS (SELECT 1 FROM webhook_endpoints e WHERE e.merchant_id = c.merchant_id AND e.mode = c.mode AND e.deleted_at = 0
	AND (e.disabled_reason IN ('failing', 'gone') OR e.disabled = 0 AND e.failing_since > 0))`

const untoldReport = `EXISTS (SELECT 1 FROM reconciliations r WHERE r.merchant_id = c.merchant_id AND r.mode = c.mode AND r.differs_since > c.records_told
	AND r.differences > 0 AND r.explained_at = 0)`

// rateNotified is what decides whether a receiver is to be notified of the rate of exchange.
type rateNotified struct {
	notified  checkout.RateTrouble
	exchange  string // JSON
	last      checkout.Rate
	at, until int64
}

const rateNotifiedColumns = "c.rate_notified, m.exchange, coalesce(r.id, ''), coalesce(r.rate_at, 0), coalesce(r.valid_until, 0), coalesce(r.far_off, 0)"

const lastRateOfReceiver = `LEFT JOIN rates r ON r.id = (SELECT l.id FROM rates l WHERE l.merchant_id = c.merchant_id AND l.mode = c.mode
	AND l.base = 'USD' AND l.quote = 'KHR' ORDER BY l.rate_at DESC LIMIT 1)`

func (r *rateNotified) fields() []any {
	return []any{&r.notified, &r.exchange, &r.last.ID, &r.at, &r.until, &r.last.FarOff}
}

// changed reports whether the trouble with the rate is another than the receiver knows of.
func (r *rateNotified) changed(now time.Time) (bool, error) {
	var exchange checkout.Exchange
	if err := json.Unmarshal([]byte(r.exchange), &exchange); err != nil {
		return false, err
	}
	r.last.At, r.last.ValidUntil = fromMillis(r.at), fromMillis(r.until)
	return exchange.Trouble(r.last, now) != r.notified, nil
}

// NewEvents reads the events of a feed that chats are notified of, behind a number, and the
// number up to which the feed was read.
func (s *Store) NewEvents(ctx context.Context, merchantID string, mode checkout.Mode, after int64, limit int) (events []checkout.Event, last int64, err error) {
	read, err := s.selectEvents(ctx, "WHERE merchant_id = $1 AND mode = $2 AND sequence > $3 ORDER BY sequence LIMIT CAST($4 AS BIGINT)", merchantID, mode, after, limit)
	last = after
	for _, event := range read {
		if last = event.Sequence; notices.Notifies(event.Type) {
			events = append(events, event)
		}
	}
	return events, last, err
}

// receiverLease is the right to write to one of a table's receivers for a while.
type receiverLease struct {
	table, columns, id string
	now                time.Time
	lasting            time.Duration
}

// leaseReceiver takes a lease, or says after how long to ask again where another has it.
func leaseReceiver[T any](ctx context.Context, tx *sql.Tx, l receiverLease, scan func(scanner) (T, error)) (receiver T, wait time.Duration, err error) {
	var leased int64
	if err := tx.QueryRowContext(ctx, "SELECT leased_until FROM "+l.table+" WHERE id = $1", l.id).Scan(&leased); err != nil {
		return receiver, 0, err
	}

	// A lease that a clock set back since has put far ahead counts as over.
	receiver, err = scan(tx.QueryRowContext(ctx, "UPDATE "+l.table+` SET leased_until = $1
		WHERE id = $2 AND (leased_until <= $3 OR leased_until > $4) RETURNING `+l.columns,
		millis(l.now.Add(l.lasting)), l.id, millis(l.now), millis(l.now.Add(2*l.lasting))))
	if errors.Is(err, sql.ErrNoRows) {
		return receiver, time.Second, nil
	}
	return receiver, 0, err
}
