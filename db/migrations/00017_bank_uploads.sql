-- +goose Up
-- +goose StatementBegin
-- Files of statements that were uploaded in the dashboard and are not imported yet, packed
-- with gzip: one of an account and user. They are deleted by the import, or after a day.
CREATE TABLE bank_uploads (
    id          TEXT PRIMARY KEY,
    merchant_id TEXT NOT NULL REFERENCES merchants (id),
    mode        TEXT NOT NULL CHECK (mode IN ('test', 'live')),
    account_id  TEXT NOT NULL REFERENCES provider_accounts (id),
    name        TEXT NOT NULL,
    file_packed BLOB NOT NULL,
    uploaded_at BIGINT NOT NULL,
    uploaded_by TEXT NOT NULL,
    UNIQUE (account_id, uploaded_by)
);
CREATE INDEX bank_uploads_age ON bank_uploads (uploaded_at, id);
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
DROP TABLE bank_uploads;
-- +goose StatementEnd
