-- +goose Up
-- +goose StatementBegin
-- code_ends_at is until when the code in a message can be paid, as the message says; 0 when
-- it shows no code, or says that the code is over.
ALTER TABLE telegram_sales ADD COLUMN code_ends_at BIGINT NOT NULL DEFAULT 0;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
ALTER TABLE telegram_sales DROP COLUMN code_ends_at;
-- +goose StatementEnd
