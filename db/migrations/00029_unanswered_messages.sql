-- +goose Up
-- +goose StatementBegin
-- unanswered is how often a message was sent, in its state, without an answer of Telegram's.
ALTER TABLE telegram_sales ADD COLUMN unanswered BIGINT NOT NULL DEFAULT 0;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
ALTER TABLE telegram_sales DROP COLUMN unanswered;
-- +goose StatementEnd
