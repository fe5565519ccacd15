-- +goose Up
-- +goose StatementBegin
-- Days of accounts that were checked and closed. figures is JSON: checkout.DayFigures as
-- they were then. A day that was reopened keeps its row; it is closed by a row whose
-- reopened_at is 0.
CREATE TABLE day_closes (
    id          TEXT PRIMARY KEY,
    merchant_id TEXT NOT NULL REFERENCES merchants (id),
    mode        TEXT NOT NULL CHECK (mode IN ('test', 'live')),
    account_id  TEXT NOT NULL REFERENCES provider_accounts (id),
    currency    TEXT NOT NULL,
    day         BIGINT NOT NULL,
    figures     TEXT NOT NULL,
    note        TEXT NOT NULL,
    closed_at   BIGINT NOT NULL,
    closed_by   TEXT NOT NULL,
    reopened_at BIGINT NOT NULL DEFAULT 0,
    reopened_by TEXT NOT NULL DEFAULT '',
    reason      TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX day_closes_closed ON day_closes (account_id, currency, day) WHERE reopened_at = 0;
CREATE INDEX day_closes_day ON day_closes (merchant_id, mode, day, closed_at, id);
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
DROP TABLE day_closes;
-- +goose StatementEnd
