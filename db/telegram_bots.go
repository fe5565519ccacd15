package db

import (
	"cmp"
	"context"
	"database/sql"
	"strconv"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/notices"
)

const botColumns = "merchant_id, mode, bot_id, username, token_sealed, webhook, update_offset, taken_at, problem, created_at"

func botPurpose(merchantID string, mode checkout.Mode) string {
	return "telegram bot:" + merchantID + ":" + string(mode)
}

// SetBot links a bot; see notices.Store.
func (s *Store) SetBot(ctx context.Context, bot notices.Bot) error {
	sealed := s.sealer.seal(botPurpose(bot.MerchantID, bot.Mode), []byte(bot.Token.Reveal()))
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := s.lock(ctx, tx, lockRow, "telegram_bots", ""); err != nil {
			return err
		}

		var elsewhere bool
		err := tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM telegram_bots WHERE bot_id = $1 AND (merchant_id <> $2 OR mode <> $3))",
			bot.ID, bot.MerchantID, bot.Mode).Scan(&elsewhere)
		if err != nil || elsewhere {
			return cmp.Or(err, error(notices.ErrBotTaken))
		}

		_, err = tx.ExecContext(ctx, `DELETE FROM telegram_updates WHERE bot_id IN
			(SELECT bot_id FROM telegram_bots WHERE merchant_id = $1 AND mode = $2 AND bot_id <> $3)`, bot.MerchantID, bot.Mode, bot.ID)
		if err != nil {
			return err
		}

		// Another bot cannot write to the chats of this one.
		_, err = tx.ExecContext(ctx, `DELETE FROM telegram_chats WHERE merchant_id = $1 AND mode = $2
			AND EXISTS (SELECT 1 FROM telegram_bots b WHERE b.merchant_id = $1 AND b.mode = $2 AND b.bot_id <> $3)`, bot.MerchantID, bot.Mode, bot.ID)
		if err != nil {
			return err
		}

		_, err = tx.ExecContext(ctx, `INSERT INTO telegram_bots (merchant_id, mode, bot_id, username, token_sealed, created_at) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (merchant_id, mode) DO UPDATE SET bot_id = excluded.bot_id, username = excluded.username, token_sealed = excluded.token_sealed, problem = '',
				update_offset = CASE WHEN telegram_bots.bot_id = excluded.bot_id THEN telegram_bots.update_offset ELSE 0 END`,
			bot.MerchantID, bot.Mode, bot.ID, bot.Username, sealed, millis(bot.CreatedAt))
		if err != nil {
			return err
		}
		return s.audit(ctx, tx, "telegram_bot.link", bot.MerchantID, map[string]any{"mode": bot.Mode, "bot": bot.Username})
	})
}

// Bot finds a merchant's bot; see notices.Store.
func (s *Store) Bot(ctx context.Context, merchantID string, mode checkout.Mode) (notices.Bot, error) {
	return s.selectBot(ctx, s.read, "WHERE merchant_id = $1 AND mode = $2", merchantID, mode)
}

// BotByID finds the bot that has an id at Telegram; see bots.Store.
func (s *Store) BotByID(ctx context.Context, id int64) (notices.Bot, error) {
	return s.selectBot(ctx, s.read, "WHERE bot_id = $1", id)
}

// SetBotWebhook chooses how a bot's updates come; see notices.Store. The numbers of those
// that a webhook has taken do not say which to fetch: all that Telegram still has.
func (s *Store) SetBotWebhook(ctx context.Context, merchantID string, mode checkout.Mode, webhook bool) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		err := changeRow(ctx, tx, "UPDATE telegram_bots SET webhook = $1, update_offset = 0, problem = '' WHERE merchant_id = $2 AND mode = $3", flag(webhook), merchantID, mode)
		if err != nil {
			return err
		}
		return s.audit(ctx, tx, "telegram_bot.webhook", merchantID, map[string]any{"mode": mode, "webhook": webhook})
	})
}

func (s *Store) selectBot(ctx context.Context, q querier, where string, args ...any) (notices.Bot, error) {
	bot, err := s.scanBot(q.QueryRowContext(ctx, "SELECT "+botColumns+" FROM telegram_bots "+where, args...))
	return bot, translateErr(err)
}

func (s *Store) scanBot(row scanner) (bot notices.Bot, err error) {
	var sealed []byte
	var taken, created int64
	if err := row.Scan(&bot.MerchantID, &bot.Mode, &bot.ID, &bot.Username, &sealed, &bot.Webhook, &bot.Offset, &taken, &bot.Problem, &created); err != nil {
		return bot, err
	}
	token, err := s.sealer.open(botPurpose(bot.MerchantID, bot.Mode), sealed)
	bot.Token, bot.TakenAt, bot.CreatedAt = checkout.Secret(token), fromMillis(taken), fromMillis(created)
	return bot, err
}

// DeleteBot forgets a bot with its chats and codes; see notices.Store.
func (s *Store) DeleteBot(ctx context.Context, merchantID string, mode checkout.Mode) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM telegram_updates WHERE bot_id IN (SELECT bot_id FROM telegram_bots WHERE merchant_id = $1 AND mode = $2)", merchantID, mode)
		if err != nil {
			return err
		}
		for _, table := range []string{"telegram_chats", "telegram_codes", "telegram_people"} {
			if _, err := tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE merchant_id = $1 AND mode = $2", merchantID, mode); err != nil {
				return err
			}
		}
		if err := changeRow(ctx, tx, "DELETE FROM telegram_bots WHERE merchant_id = $1 AND mode = $2", merchantID, mode); err != nil {
			return err
		}
		return s.audit(ctx, tx, "telegram_bot.unlink", merchantID, map[string]any{"mode": mode})
	})
}

// SetBotProblem records why a bot does not work; empty: it does. What was found with
// another token than the bot has by now is not recorded.
func (s *Store) SetBotProblem(ctx context.Context, bot notices.Bot, problem string) error {
	if bot.Problem == problem {
		return nil
	}
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := s.lock(ctx, tx, lockRow, "telegram_bots", ""); err != nil {
			return err
		}
		current, err := s.selectBot(ctx, tx, "WHERE bot_id = $1", bot.ID)
		if err != nil || !current.Token.Equal(bot.Token.Reveal()) {
			return ignoreNotFound(err)
		}
		_, err = tx.ExecContext(ctx, "UPDATE telegram_bots SET problem = $1 WHERE merchant_id = $2 AND mode = $3 AND bot_id = $4", problem, bot.MerchantID, bot.Mode, bot.ID)
		return err
	})
}

const botsAtOnce = 1000

// LeaseBots gives a process the right to take the updates of bots that no other process
// takes, of those that it takes already once more.
func (s *Store) LeaseBots(ctx context.Context, holder string, lasting time.Duration) (bots []notices.Bot, err error) {
	var are bool
	if err := s.read.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM telegram_bots)").Scan(&are); err != nil || !are {
		return nil, translateErr(err)
	}

	err = s.update(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		now := s.now()
		bots, err = selectAll(ctx, tx, s.scanBot, `UPDATE telegram_bots SET polled_by = $1, polled_until = $2
			WHERE (merchant_id, mode) IN (SELECT merchant_id, mode FROM telegram_bots WHERE polled_by = $1 OR polled_until <= $3 OR polled_until > $4
				ORDER BY merchant_id, mode LIMIT CAST($5 AS BIGINT)) RETURNING `+botColumns,
			holder, millis(now.Add(lasting)), millis(now), millis(now.Add(2*lasting)), botsAtOnce)
		return err
	})
	return bots, err
}

// ReleaseBots ends the leases of a process.
func (s *Store) ReleaseBots(ctx context.Context, holder string) error {
	return s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE telegram_bots SET polled_by = '', polled_until = 0 WHERE polled_by = $1", holder)
		return err
	})
}

// updatesKept is for how long the numbers of updates are kept: twice as long as Telegram
// keeps what it has not delivered.
const updatesKept = 48 * time.Hour

// TakeUpdate reports whether an update is taken by this call: no other has taken it.
// Webhooks get updates more than once, and not always in order.
func (s *Store) TakeUpdate(ctx context.Context, bot notices.Bot, updateID int64) (taken bool, err error) {
	err = s.update(ctx, func(ctx context.Context, tx *sql.Tx) error {
		now := s.now()
		if err := s.lock(ctx, tx, lockRow, "telegram_bots", strconv.FormatInt(bot.ID, 10)); err != nil {
			return err
		}

		if _, err := s.selectBot(ctx, tx, "WHERE bot_id = $1", bot.ID); err != nil {
			return ignoreNotFound(err) // it was unlinked
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM telegram_updates WHERE bot_id = $1 AND taken_at <= $2", bot.ID, millis(now.Add(-updatesKept))); err != nil {
			return err
		}

		inserted, err := tx.ExecContext(ctx, "INSERT INTO telegram_updates (bot_id, update_id, taken_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", bot.ID, updateID, millis(now))
		if err != nil {
			return err
		}
		rows, err := inserted.RowsAffected()
		if taken = err == nil && rows == 1; !taken {
			return err
		}
		_, err = tx.ExecContext(ctx, "UPDATE telegram_bots SET update_offset = $1, taken_at = $2 WHERE bot_id = $3", updateID+1, millis(now), bot.ID)
		return err
	})
	return taken && err == nil, err
}
