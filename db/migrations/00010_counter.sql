-- +goose Up
-- +goose StatementBegin
-- The user who sold at a counter; empty: the session was made otherwise.
ALTER TABLE sessions ADD COLUMN cashier_id TEXT NOT NULL DEFAULT '';
CREATE INDEX sessions_cashier ON sessions (merchant_id, mode, cashier_id, created_at, id) WHERE cashier_id <> '';
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
DROP INDEX sessions_cashier;
ALTER TABLE sessions DROP COLUMN cashier_id;
-- +goose StatementEnd
