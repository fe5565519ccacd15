-- +goose Up
-- +goose StatementBegin
-- A merchant's Telegram bot in one mode. token_sealed is its token; update_offset is the
-- number after that of the last update taken from it, at taken_at; polled_by takes them until
-- polled_until. problem is why it does not work; empty: it does.
CREATE TABLE telegram_bots (
    merchant_id   TEXT NOT NULL REFERENCES merchants (id),
    mode          TEXT NOT NULL CHECK (mode IN ('test', 'live')),
    bot_id        BIGINT NOT NULL UNIQUE,
    username      TEXT NOT NULL,
    token_sealed  BLOB NOT NULL,
    update_offset BIGINT NOT NULL DEFAULT 0,
    taken_at      BIGINT NOT NULL DEFAULT 0,
    polled_by     TEXT NOT NULL DEFAULT '',
    polled_until  BIGINT NOT NULL DEFAULT 0,
    problem       TEXT NOT NULL DEFAULT '',
    created_at    BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, mode)
);

-- Chats that a merchant's notices go to. sequence is the number of the last event that the
-- chat was told of, told_day the last day whose totals it was told. A chat is written to
-- by who has leased it, not before next_at. stopped_at is when it took no more messages.
CREATE TABLE telegram_chats (
    id             TEXT PRIMARY KEY,
    merchant_id    TEXT NOT NULL,
    mode           TEXT NOT NULL,
    chat_id        BIGINT NOT NULL,
    kind           TEXT NOT NULL CHECK (kind IN ('private', 'group')),
    title          TEXT NOT NULL,
    locale         TEXT NOT NULL,
    details        INTEGER NOT NULL DEFAULT 0 CHECK (details IN (0, 1)),
    sequence       BIGINT NOT NULL,
    told_day       BIGINT NOT NULL,
    webhooks_told  INTEGER NOT NULL DEFAULT 0 CHECK (webhooks_told IN (0, 1)),
    failures       BIGINT NOT NULL DEFAULT 0,
    next_at        BIGINT NOT NULL DEFAULT 0,
    leased_until   BIGINT NOT NULL DEFAULT 0,
    generation     BIGINT NOT NULL DEFAULT 0,
    problem        TEXT NOT NULL DEFAULT '',
    stopped_at     BIGINT NOT NULL DEFAULT 0,
    created_at     BIGINT NOT NULL,
    FOREIGN KEY (merchant_id, mode) REFERENCES telegram_bots (merchant_id, mode)
);
CREATE UNIQUE INDEX telegram_chats_merchant ON telegram_chats (merchant_id, mode, chat_id);

-- Codes that link a chat once; code_hash is of what is sent to the bot.
CREATE TABLE telegram_codes (
    code_hash   TEXT PRIMARY KEY,
    merchant_id TEXT NOT NULL,
    mode        TEXT NOT NULL,
    locale      TEXT NOT NULL,
    details     INTEGER NOT NULL CHECK (details IN (0, 1)),
    created_by  TEXT NOT NULL,
    expires_at  BIGINT NOT NULL
);
CREATE INDEX telegram_codes_merchant ON telegram_codes (merchant_id, mode, code_hash);
CREATE INDEX telegram_codes_expiry ON telegram_codes (expires_at, code_hash);
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
DROP TABLE telegram_codes;
DROP TABLE telegram_chats;
DROP TABLE telegram_bots;
-- +goose StatementEnd
