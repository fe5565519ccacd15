-- +goose Up
-- +goose StatementBegin
ALTER TABLE users ADD COLUMN password_hash TEXT NOT NULL DEFAULT '';

-- Single-use links; see users.Link. token_hash is of what the link's address ends in.
CREATE TABLE user_links (
    id           TEXT PRIMARY KEY,
    token_hash   TEXT NOT NULL UNIQUE,
    kind         TEXT NOT NULL CHECK (kind IN ('invitation', 'reset', 'demo')),
    email        TEXT NOT NULL,
    merchant_id  TEXT NOT NULL DEFAULT '',
    role         TEXT NOT NULL DEFAULT '',
    is_operator  INTEGER NOT NULL DEFAULT 0 CHECK (is_operator IN (0, 1)),
    created_by   TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    used_at      BIGINT NOT NULL DEFAULT 0,
    withdrawn_at BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX user_links_merchant ON user_links (merchant_id, created_at, id);

-- Attempts at passwords; see users.Client. subject is a hash.
CREATE TABLE sign_in_attempts (
    subject  TEXT PRIMARY KEY,
    attempts INTEGER NOT NULL,
    last_at  BIGINT NOT NULL
);
CREATE INDEX sign_in_attempts_age ON sign_in_attempts (last_at);
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
DROP TABLE sign_in_attempts;
DROP TABLE user_links;
ALTER TABLE users DROP COLUMN password_hash;
-- +goose StatementEnd
