-- +goose Up
-- +goose StatementBegin
-- The SMTP server that e-mail is sent by, if there is one.
CREATE TABLE mail_server (
    name            TEXT PRIMARY KEY CHECK (name = 'smtp'),
    address         TEXT NOT NULL,
    tls             INTEGER NOT NULL CHECK (tls IN (0, 1)),
    username        TEXT NOT NULL,
    password_sealed BLOB NOT NULL,
    sender          TEXT NOT NULL
);

-- E-mail addresses that are told of what needs somebody and of each day's totals, once
-- confirmed_at is set. token_sealed ends the address of the page that confirms; token_hash
-- is of it. The other columns are as in telegram_chats.
CREATE TABLE addressees (
    id             TEXT PRIMARY KEY,
    merchant_id    TEXT NOT NULL REFERENCES merchants (id),
    mode           TEXT NOT NULL CHECK (mode IN ('test', 'live')),
    email          TEXT NOT NULL,
    locale         TEXT NOT NULL,
    details        INTEGER NOT NULL CHECK (details IN (0, 1)),
    token_hash     TEXT NOT NULL UNIQUE,
    token_sealed   BLOB NOT NULL,
    sequence       BIGINT NOT NULL DEFAULT 0,
    told_day       BIGINT NOT NULL DEFAULT 0,
    webhooks_told  INTEGER NOT NULL DEFAULT 0 CHECK (webhooks_told IN (0, 1)),
    failures       BIGINT NOT NULL DEFAULT 0,
    next_at        BIGINT NOT NULL DEFAULT 0,
    leased_until   BIGINT NOT NULL DEFAULT 0,
    generation     BIGINT NOT NULL DEFAULT 0,
    problem        TEXT NOT NULL DEFAULT '',
    confirmed_at   BIGINT NOT NULL DEFAULT 0,
    stopped_at     BIGINT NOT NULL DEFAULT 0,
    created_at     BIGINT NOT NULL
);
CREATE UNIQUE INDEX addressees_merchant ON addressees (merchant_id, mode, email);

-- E-mails to one person each. link_sealed is the address that only who reads it may know;
-- it is empty once the mail is sent. The row stays until expires_at, to bound how many are
-- sent for a merchant.
CREATE TABLE mails (
    id          TEXT PRIMARY KEY,
    kind        TEXT NOT NULL CHECK (kind IN ('confirmation', 'invitation')),
    merchant_id TEXT NOT NULL,
    email       TEXT NOT NULL,
    locale      TEXT NOT NULL,
    role        TEXT NOT NULL,
    link_sealed BLOB NOT NULL,
    failures    BIGINT NOT NULL DEFAULT 0,
    next_at     BIGINT NOT NULL DEFAULT 0,
    generation  BIGINT NOT NULL DEFAULT 0,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    sent_at     BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX mails_merchant ON mails (merchant_id, expires_at);
CREATE INDEX mails_expiry ON mails (expires_at, id);
CREATE INDEX mails_pending ON mails (next_at, id) WHERE sent_at = 0;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
DROP TABLE mails;
DROP TABLE addressees;
DROP TABLE mail_server;
-- +goose StatementEnd
