-- +goose Up
-- +goose StatementBegin
-- What the providers' records of a day say, one row for each account and day. report is
-- JSON: a reconcile.Report. Its differences are the same since differs_since. explained_at
-- is 0 while nobody said anything about them.
CREATE TABLE reconciliations (
    account_id    TEXT NOT NULL REFERENCES provider_accounts (id),
    day           BIGINT NOT NULL,
    merchant_id   TEXT NOT NULL REFERENCES merchants (id),
    mode          TEXT NOT NULL CHECK (mode IN ('test', 'live')),
    differs_since BIGINT NOT NULL,
    differences   BIGINT NOT NULL,
    report        TEXT NOT NULL,
    explained_at  BIGINT NOT NULL DEFAULT 0,
    explained_by  TEXT NOT NULL DEFAULT '',
    explanation   TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (account_id, day)
);
CREATE INDEX reconciliations_list ON reconciliations (merchant_id, mode, day, account_id);
CREATE INDEX reconciliations_open ON reconciliations (merchant_id, mode, differs_since) WHERE differences > 0 AND explained_at = 0;

-- The differs_since of the newest report that a receiver was told of.
ALTER TABLE telegram_chats ADD COLUMN records_told BIGINT NOT NULL DEFAULT 0;
ALTER TABLE addressees ADD COLUMN records_told BIGINT NOT NULL DEFAULT 0;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
ALTER TABLE addressees DROP COLUMN records_told;
ALTER TABLE telegram_chats DROP COLUMN records_told;
DROP TABLE reconciliations;
-- +goose StatementEnd
