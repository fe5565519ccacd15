package db

import (
	"context"
	"database/sql"

	"github.com/riverqueue/river"

	"rieltime/checkout"
	"rieltime/checkout/notices"
)

const chatSaleColumns = "id, merchant_id, mode, bot_id, chat_id, message_id, unanswered, locale, state, code_ends_at, due_at, failures, next_at"

var insertChatSaleQuery = insertInto("telegram_sales", chatSaleColumns)

// InsertChatSale has a job send a message that shows a session. The job looks at it again
// once it is due, and when money of it comes.
func (s *Store) InsertChatSale(ctx context.Context, sale notices.ChatSale) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, insertChatSaleQuery, sale.SessionID, sale.MerchantID, sale.Mode, sale.BotID, sale.ChatID, sale.MessageID, sale.Unanswered,
			sale.Locale, sale.State, millis(sale.CodeEndsAt), millis(sale.DueAt), sale.Failures, millis(sale.NextAt))
		if err != nil {
			return err
		}
		if err := s.queue.runBy(ctx, tx, chatSaleJob(sale.SessionID), s.queue.now()); err != nil {
			return err
		}
		return s.audit(ctx, tx, "chat_sale.create", sale.SessionID, map[string]any{"merchant": sale.MerchantID, "mode": sale.Mode, "chat": sale.ChatID})
	})
}

// ChatSale finds the message of a session with its bot; a zero Bot when another has
// replaced it.
func (s *Store) ChatSale(ctx context.Context, sessionID string) (sale notices.ChatSale, bot notices.Bot, err error) {
	var codeEnds, due, next int64
	err = s.read.QueryRowContext(ctx, "SELECT "+chatSaleColumns+" FROM telegram_sales WHERE id = $1", sessionID).
		Scan(&sale.SessionID, &sale.MerchantID, &sale.Mode, &sale.BotID, &sale.ChatID, &sale.MessageID, &sale.Unanswered, &sale.Locale, &sale.State, &codeEnds, &due, &sale.Failures, &next)
	if err != nil {
		return sale, bot, translateErr(err)
	}
	sale.CodeEndsAt, sale.DueAt, sale.NextAt = fromMillis(codeEnds), fromMillis(due), fromMillis(next)
	bot, err = s.selectBot(ctx, s.read, "WHERE merchant_id = $1 AND mode = $2 AND bot_id = $3", sale.MerchantID, sale.Mode, sale.BotID)
	return sale, bot, ignoreNotFound(err)
}

// SaveChatSale stores what a message shows.
func (s *Store) SaveChatSale(ctx context.Context, sale notices.ChatSale) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE telegram_sales SET message_id = $1, state = $2, due_at = $3, failures = $4, next_at = $5, unanswered = $6, code_ends_at = $7 WHERE id = $8",
			sale.MessageID, sale.State, millis(sale.DueAt), sale.Failures, millis(sale.NextAt), sale.Unanswered, millis(sale.CodeEndsAt), sale.SessionID)
		return err
	})
}

type chatSaleArgs struct {
	SessionID  string `json:"session_id"`
	Generation int64  `json:"generation,omitempty"` // telegram_sales.generation when it was queued
}

func (chatSaleArgs) Kind() string           { return "chat_sale" }
func (a chatSaleArgs) row() (rowJob, int64) { return chatSaleJob(a.SessionID), a.Generation }

func chatSaleJob(sessionID string) rowJob {
	return rowJob{table: "telegram_sales", id: sessionID, queue: noticeQueue, job: func(generation int64) river.JobArgs { return chatSaleArgs{sessionID, generation} }}
}

// queueChatSale has the message of a session changed after an event of it.
func (s *Store) queueChatSale(ctx context.Context, tx *sql.Tx, e checkout.Event) error {
	var shown bool
	err := tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM telegram_sales WHERE id = $1)", e.SessionID).Scan(&shown)
	if err != nil || !shown {
		return err
	}
	return ignoreNotFound(s.queue.runNow(ctx, tx, chatSaleJob(e.SessionID)))
}

const chatSalesAtOnce = 200

// queueDueChatSales queues the jobs of messages that are due: of sessions that are over,
// or whose job was lost.
func (s *Store) queueDueChatSales(ctx context.Context) error {
	due, err := queryStrings(ctx, s.lists, "SELECT id FROM telegram_sales WHERE due_at > 0 AND due_at <= $1 AND next_at <= $1 ORDER BY due_at, id LIMIT CAST($2 AS BIGINT)", millis(s.now()), chatSalesAtOnce)
	if err != nil {
		return err
	}
	return eachInPieces(ctx, s, due, func(ctx context.Context, tx *sql.Tx, id string) error {
		return ignoreNotFound(s.queue.runUnlessRunning(ctx, tx, chatSaleJob(id)))
	})
}
