package db

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/notices"
	"rieltime/internal/cambodia"
)

const chatColumns = `id, merchant_id, mode, chat_id, kind, title, locale, details, sequence, told_day, webhooks_told, records_told, rate_notified,
	failures, next_at, problem, stopped_at, created_at`

func scanChat(row scanner) (chat notices.Chat, err error) {
	var records, next, stopped, created int64
	err = row.Scan(&chat.ID, &chat.MerchantID, &chat.Mode, &chat.ChatID, &chat.Kind, &chat.Title, &chat.Locale, &chat.Details,
		&chat.Sequence, &chat.ToldDay, &chat.WebhooksTold, &records, &chat.RateNotified, &chat.Failures, &next, &chat.Problem, &stopped, &created)
	chat.RecordsTold, chat.NextAt, chat.StoppedAt, chat.CreatedAt = fromMillis(records), fromMillis(next), fromMillis(stopped), fromMillis(created)
	return chat, err
}

// Chats lists a merchant's chats; see notices.Store.
func (s *Store) Chats(ctx context.Context, merchantID string, mode checkout.Mode) ([]notices.Chat, error) {
	return selectAll(ctx, s.read, scanChat, "SELECT "+chatColumns+" FROM telegram_chats WHERE merchant_id = $1 AND mode = $2 ORDER BY chat_id LIMIT $3",
		merchantID, mode, notices.MaxChats)
}

// DeleteChat unlinks a chat; see notices.Store.
func (s *Store) DeleteChat(ctx context.Context, merchantID string, mode checkout.Mode, id string) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		err := changeRow(ctx, tx, "DELETE FROM telegram_chats WHERE id = $1 AND merchant_id = $2 AND mode = $3", id, merchantID, mode)
		if err != nil {
			return err
		}
		return s.audit(ctx, tx, "telegram_chat.unlink", id, map[string]any{"merchant": merchantID, "mode": mode})
	})
}

// InsertCode stores a code; see notices.Store. It removes those that have expired.
func (s *Store) InsertCode(ctx context.Context, code notices.Code, hash string) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM telegram_codes WHERE expires_at <= $1", millis(s.now())); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO telegram_codes (code_hash, merchant_id, mode, locale, details, user_id, created_by, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
			hash, code.MerchantID, code.Mode, code.Locale, flag(code.Details), code.UserID, code.CreatedBy, millis(code.ExpiresAt))
		if err != nil {
			return err
		}
		return s.audit(ctx, tx, "telegram_code.create", code.MerchantID, map[string]any{"mode": code.Mode, "details": code.Details})
	})
}

// LinkChat uses a code up; see notices.Store.
func (s *Store) LinkChat(ctx context.Context, hash string, chat notices.Chat, at time.Time) (notices.Chat, error) {
	err := s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var createdBy string
		err := tx.QueryRowContext(ctx, `DELETE FROM telegram_codes WHERE code_hash = $1 AND merchant_id = $2 AND mode = $3 AND expires_at > $4 AND user_id = ''
			RETURNING locale, details, created_by`, hash, chat.MerchantID, chat.Mode, millis(at)).Scan(&chat.Locale, &chat.Details, &createdBy)
		if errors.Is(err, sql.ErrNoRows) {
			return notices.ErrNoCode
		}
		if err != nil {
			return err
		}

		// The feed's lock keeps others from linking chats at the same time.
		if chat.Sequence, err = advanceFeed(ctx, tx, chat.MerchantID, chat.Mode, 0); err != nil {
			return err
		}

		var others int
		err = tx.QueryRowContext(ctx, "SELECT count(*) FROM telegram_chats WHERE merchant_id = $1 AND mode = $2 AND chat_id <> $3",
			chat.MerchantID, chat.Mode, chat.ChatID).Scan(&others)
		if err != nil || others >= notices.MaxChats {
			return cmp.Or(err, error(notices.ErrManyChats))
		}

		chat.ToldDay = cambodia.DayOf(at) - 1
		err = tx.QueryRowContext(ctx, `INSERT INTO telegram_chats (id, merchant_id, mode, chat_id, kind, title, locale, details, sequence, told_day, created_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
			ON CONFLICT (merchant_id, mode, chat_id) DO UPDATE SET kind = excluded.kind, title = excluded.title, locale = excluded.locale, details = excluded.details,
				problem = '', stopped_at = 0, failures = 0, next_at = 0, sequence = excluded.sequence, told_day = excluded.told_day RETURNING id`,
			chat.ID, chat.MerchantID, chat.Mode, chat.ChatID, chat.Kind, chat.Title, chat.Locale, flag(chat.Details), chat.Sequence, chat.ToldDay, millis(chat.CreatedAt)).
			Scan(&chat.ID)
		if err != nil {
			return err
		}

		return s.audit(checkout.WithActor(ctx, createdBy), tx, "telegram_chat.link", chat.ID,
			map[string]any{"merchant": chat.MerchantID, "mode": chat.Mode, "title": chat.Title, "details": chat.Details})
	})
	return chat, err
}

// LeaseChat gives the right to write to a chat for a while, with its bot. Where another
// has it, wait is after how long to ask again. A chat that is unlinked is
// checkout.ErrNotFound.
func (s *Store) LeaseChat(ctx context.Context, id string, lasting time.Duration) (chat notices.Chat, bot notices.Bot, wait time.Duration, err error) {
	err = s.update(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		chat, wait, err = leaseReceiver(ctx, tx, receiverLease{"telegram_chats", chatColumns, id, s.now(), lasting}, scanChat)
		if err != nil || wait > 0 {
			return err
		}
		bot, err = s.selectBot(ctx, tx, "WHERE merchant_id = $1 AND mode = $2", chat.MerchantID, chat.Mode)
		return err
	})
	return chat, bot, wait, err
}

// SaveChat ends a lease and stores what came of it.
func (s *Store) SaveChat(ctx context.Context, chat notices.Chat) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		// A group that became a supergroup may have been linked once more since.
		_, err := tx.ExecContext(ctx, `DELETE FROM telegram_chats WHERE id = $1 AND EXISTS (SELECT 1 FROM telegram_chats o
			WHERE o.merchant_id = $2 AND o.mode = $3 AND o.chat_id = $4 AND o.id <> $1)`, chat.ID, chat.MerchantID, chat.Mode, chat.ChatID)
		if err != nil {
			return err
		}

		_, err = tx.ExecContext(ctx, `UPDATE telegram_chats SET leased_until = 0, chat_id = $1, sequence = $2, told_day = $3, webhooks_told = $4,
			failures = $5, next_at = $6, problem = $7, stopped_at = $8, records_told = $9, rate_notified = $10 WHERE id = $11`,
			chat.ChatID, chat.Sequence, chat.ToldDay, flag(chat.WebhooksTold), chat.Failures, millis(chat.NextAt), chat.Problem, millis(chat.StoppedAt), millis(chat.RecordsTold), chat.RateNotified, chat.ID)
		return err
	})
}
