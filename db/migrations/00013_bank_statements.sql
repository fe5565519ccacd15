-- +goose Up
-- +goose StatementBegin
-- Statements of banks that were imported; their files are not kept. Days are counted from
-- 1970-01-01, as in takings.
CREATE TABLE bank_statements (
    id          TEXT PRIMARY KEY,
    merchant_id TEXT NOT NULL REFERENCES merchants (id),
    mode        TEXT NOT NULL CHECK (mode IN ('test', 'live')),
    account_id  TEXT NOT NULL REFERENCES provider_accounts (id),
    name        TEXT NOT NULL,
    format      TEXT NOT NULL,
    imported_at BIGINT NOT NULL,
    imported_by TEXT NOT NULL,
    first_day   BIGINT NOT NULL,
    last_day    BIGINT NOT NULL,
    line_count  BIGINT NOT NULL,
    added_count BIGINT NOT NULL DEFAULT 0,
    bad_count   BIGINT NOT NULL
);
CREATE INDEX bank_statements_list ON bank_statements (account_id, imported_at, id);

-- Lines of statements, and payments that the statements of their days do not show
-- (state ours_only). line_key is a digest of what the bank says, occurrence counts lines
-- that are alike. needs_attention is 1 until a match or a person explains the line.
CREATE TABLE bank_lines (
    id              TEXT PRIMARY KEY,
    merchant_id     TEXT NOT NULL REFERENCES merchants (id),
    mode            TEXT NOT NULL CHECK (mode IN ('test', 'live')),
    account_id      TEXT NOT NULL REFERENCES provider_accounts (id),
    statement_id    TEXT NOT NULL REFERENCES bank_statements (id),
    line_key        TEXT NOT NULL,
    occurrence      INTEGER NOT NULL,
    file_row        BIGINT NOT NULL,
    day             BIGINT NOT NULL,
    at              BIGINT NOT NULL,
    amount          BIGINT NOT NULL CHECK (amount > 0),
    currency        TEXT NOT NULL CHECK (currency IN ('USD', 'KHR', 'MYR', 'IDR')),
    money_out       INTEGER NOT NULL CHECK (money_out IN (0, 1)),
    reference       TEXT NOT NULL,
    hash            TEXT NOT NULL,
    payer           TEXT NOT NULL,
    description     TEXT NOT NULL,
    balance         TEXT NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('matched', 'ours_only', 'bank_only', 'amount_differs', 'twice', 'fee')),
    how             TEXT NOT NULL DEFAULT '' CHECK (how IN ('', 'hash', 'reference', 'payer', 'person')),
    payment_id      TEXT NOT NULL DEFAULT '',
    proposals       TEXT NOT NULL DEFAULT '',
    needs_attention INTEGER NOT NULL CHECK (needs_attention IN (0, 1)),
    decision_note   TEXT NOT NULL DEFAULT '',
    decided_by      TEXT NOT NULL DEFAULT '',
    decided_at      BIGINT NOT NULL DEFAULT 0,
    UNIQUE (account_id, line_key, occurrence)
);
CREATE INDEX bank_lines_list ON bank_lines (account_id, day, id);
CREATE INDEX bank_lines_state ON bank_lines (account_id, state, day, id);
CREATE INDEX bank_lines_attention ON bank_lines (merchant_id, mode, account_id, day, id) WHERE needs_attention = 1;
CREATE INDEX bank_lines_personal ON bank_lines (day, id) WHERE payer <> '' OR description <> '';
-- A payment has one line; others that name it are twice.
CREATE UNIQUE INDEX bank_lines_payment ON bank_lines (payment_id) WHERE state IN ('matched', 'amount_differs');

-- The columns by which the statements of an account are read: JSON, see statements.Map.
CREATE TABLE bank_maps (
    account_id TEXT PRIMARY KEY REFERENCES provider_accounts (id),
    columns    TEXT NOT NULL,
    changed_at BIGINT NOT NULL
);
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
DROP TABLE bank_maps;
DROP TABLE bank_lines;
DROP TABLE bank_statements;
-- +goose StatementEnd
