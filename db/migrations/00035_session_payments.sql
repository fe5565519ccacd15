-- +goose Up
-- +goose StatementBegin
-- A session's payments, which are few, are found by payments_session.
DROP INDEX payments_session_id;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
CREATE INDEX payments_session_id ON payments (merchant_id, mode, session_id, created_at, id);
-- +goose StatementEnd
