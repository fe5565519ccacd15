-- +goose Up
-- +goose StatementBegin
-- webhook: Telegram sends a bot's updates; else they are fetched.
ALTER TABLE telegram_bots ADD COLUMN webhook INTEGER NOT NULL DEFAULT 0 CHECK (webhook IN (0, 1));

-- The updates that were taken in the last days: each is handled once, however often and in
-- whatever order Telegram delivers them.
CREATE TABLE telegram_updates (
    bot_id    BIGINT NOT NULL,
    update_id BIGINT NOT NULL,
    taken_at  BIGINT NOT NULL,
    PRIMARY KEY (bot_id, update_id)
) /* WITHOUT ROWID */;
CREATE INDEX telegram_updates_taken ON telegram_updates (bot_id, taken_at);
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
DROP TABLE telegram_updates;
ALTER TABLE telegram_bots DROP COLUMN webhook;
-- +goose StatementEnd
