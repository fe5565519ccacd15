package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"reflect"
	"time"

	"github.com/riverqueue/river"

	"rieltime/checkout"
)

const refundColumns = `id, payment_id, session_id, merchant_id, mode, provider, reference, amount, currency, reason, by_hand, asked_by, created_at,
	status, transaction_id, failure_code, raw, closed_at, acknowledged_at, missing_since, unresolved_at`

var insertRefundQuery = insertInto("refunds", refundColumns)

func scanRefund(row scanner) (r checkout.Refund, err error) {
	var byHand, raw string
	var created, closed, acknowledged, missing, unresolved int64
	err = row.Scan(&r.ID, &r.PaymentID, &r.SessionID, &r.MerchantID, &r.Mode, &r.Provider, &r.Reference, &r.Amount.Minor, &r.Amount.Currency,
		&r.Reason, &byHand, &r.RequestedBy, &created, &r.Status, &r.TransactionID, &r.FailureCode, &raw, &closed,
		&acknowledged, &missing, &unresolved)
	if err != nil {
		return r, translateErr(err)
	}

	r.CreatedAt, r.ClosedAt = fromMillis(created), fromMillis(closed)
	r.AcknowledgedAt, r.MissingSince, r.UnresolvedAt = fromMillis(acknowledged), fromMillis(missing), fromMillis(unresolved)
	if raw != "" {
		r.Raw = json.RawMessage(raw)
	}

	return r, json.Unmarshal([]byte(byHand), &r.ByHand)
}

func selectRefunds(ctx context.Context, q querier, where string, args ...any) ([]checkout.Refund, error) {
	return selectAll(ctx, q, scanRefund, "SELECT "+refundColumns+" FROM refunds "+where, args...)
}

// loadRefunds finds the refunds of payments, none of which has any before its
// proof.
func loadRefunds(ctx context.Context, q querier, sessionID string, payments []checkout.Payment) ([]checkout.Refund, error) {
	for _, payment := range payments {
		if payment.Proof != nil {
			return selectRefunds(ctx, q, "WHERE session_id = $1 ORDER BY created_at, id", sessionID)
		}
	}
	return nil, nil
}

// saveRefunds stores new refunds, each pending one with the job that asks about
// it, and what has changed of the others.
func (s *Store) saveRefunds(ctx context.Context, tx *sql.Tx, before, after []checkout.Refund) error {
	for i, refund := range after {
		var err error
		switch {
		case i >= len(before):
			if err = insertRefund(ctx, tx, refund); err == nil && refund.Status == checkout.RefundPending {
				now := s.now()
				err = s.queue.checkRefund(ctx, tx, refund, now.Add(refund.NextQueryAfter(now)))
			}

		case !reflect.DeepEqual(before[i], refund):
			err = s.saveRefund(ctx, tx, before[i], refund)
		}

		if err != nil {
			return err
		}
	}

	return nil
}

// saveRefund stores what was learnt of a refund; one that is pending again has
// its job again.
func (s *Store) saveRefund(ctx context.Context, tx *sql.Tx, before, refund checkout.Refund) error {
	_, err := tx.ExecContext(ctx, `UPDATE refunds SET status = $1, transaction_id = $2, failure_code = $3, raw = $4, closed_at = $5,
		acknowledged_at = $6, missing_since = $7, unresolved_at = $8 WHERE id = $9`,
		refund.Status, refund.TransactionID, refund.FailureCode, string(refund.Raw), millis(refund.ClosedAt),
		millis(refund.AcknowledgedAt), millis(refund.MissingSince), millis(refund.UnresolvedAt), refund.ID)
	if err != nil || refund.Status != checkout.RefundPending || before.Status == checkout.RefundPending {
		return err
	}
	now := s.now()
	return s.queue.checkRefund(ctx, tx, refund, now.Add(refund.NextQueryAfter(now)))
}

func insertRefund(ctx context.Context, tx *sql.Tx, r checkout.Refund) error {
	byHand, err := json.Marshal(r.ByHand)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, insertRefundQuery,
		r.ID, r.PaymentID, r.SessionID, r.MerchantID, r.Mode, r.Provider, r.Reference, r.Amount.Minor, r.Amount.Currency,
		r.Reason, string(byHand), r.RequestedBy, millis(r.CreatedAt), r.Status, r.TransactionID, r.FailureCode, string(r.Raw), millis(r.ClosedAt),
		millis(r.AcknowledgedAt), millis(r.MissingSince), millis(r.UnresolvedAt))
	return err
}

// Refund finds a refund by its id.
func (s *Store) Refund(ctx context.Context, id string) (checkout.Refund, error) {
	return scanRefund(s.read.QueryRowContext(ctx, "SELECT "+refundColumns+" FROM refunds WHERE id = $1", id))
}

// ListRefunds pages through a merchant's refunds.
func (s *Store) ListRefunds(ctx context.Context, merchantID string, mode checkout.Mode, query checkout.RefundQuery) ([]checkout.Refund, bool, error) {
	l := newList("refunds", merchantID, mode, query.ListPart)
	l.filter("payment_id", query.PaymentID)
	if query.SessionID != "" { // whose refunds are few
		l.index = ""
		l.filter("session_id", query.SessionID)
	}

	l.within = query.Created
	clause, err := l.clause(ctx, s)
	if err != nil {
		return nil, false, err
	}

	refunds, err := selectRefunds(ctx, s.lists, clause, l.args...)
	if err != nil {
		return nil, false, err
	}

	refunds, more := page(refunds, query.ListPart)
	return refunds, more, nil
}

type checkRefundArgs struct {
	SessionID  string `json:"session_id"`
	RefundID   string `json:"refund_id"`
	Generation int64  `json:"generation,omitempty"` // refunds.generation when it was queued
}

func (checkRefundArgs) Kind() string { return "check_refund" }

// checkRefund queues the question about a pending refund within a transaction;
// one that is queued already is not queued twice.
func (q *Queue) checkRefund(ctx context.Context, tx *sql.Tx, refund checkout.Refund, at time.Time) error {
	if q.silent {
		return nil
	}

	t := refundJob(refund.SessionID, refund.ID)
	generation, err := t.current(ctx, tx)
	if err != nil {
		return err
	}
	_, err = q.jobs.InsertTx(ctx, tx, t.job(generation), &river.InsertOpts{ScheduledAt: at, UniqueOpts: onlyOnce})
	return err
}

// WakeRefund queues the question about a pending refund for now.
func (s *Store) WakeRefund(ctx context.Context, refund checkout.Refund) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		return s.queue.runNow(ctx, tx, refundJob(refund.SessionID, refund.ID))
	})
}

type checkRefundWorker struct {
	river.WorkerDefaults[checkRefundArgs]
	store *Store
	jobs  Jobs
}

func (w *checkRefundWorker) Work(ctx context.Context, job *river.Job[checkRefundArgs]) error {
	if current, err := w.store.isCurrent(ctx, refundJob(job.Args.SessionID, job.Args.RefundID), job.Args.Generation); err != nil || !current {
		return outcome(0, err)
	}
	return outcome(w.jobs.CheckRefund(ctx, job.Args.SessionID, job.Args.RefundID))
}

// queueRefunds queues again the pending refunds that no job reminds of.
func (s *Store) queueRefunds(ctx context.Context) error {
	now := s.now()
	pending, err := selectRefunds(ctx, s.lists, "WHERE status = 'pending' AND created_at < $1 ORDER BY created_at LIMIT $2", millis(now.Add(-time.Minute)), overdueAtOnce)
	if err != nil {
		return err
	}
	return eachInPieces(ctx, s, pending, func(ctx context.Context, tx *sql.Tx, refund checkout.Refund) error {
		return s.queue.checkRefund(ctx, tx, refund, now)
	})
}
