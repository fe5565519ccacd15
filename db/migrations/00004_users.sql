-- +goose Up
-- +goose StatementBegin
-- People who sign in to the dashboard.
CREATE TABLE users (
    id            TEXT PRIMARY KEY,
    email         TEXT NOT NULL UNIQUE,
    name          TEXT NOT NULL DEFAULT '',
    locale        TEXT NOT NULL DEFAULT '',
    is_operator   INTEGER NOT NULL DEFAULT 0 CHECK (is_operator IN (0, 1)),
    created_at    BIGINT NOT NULL,
    disabled_at   BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE memberships (
    user_id     TEXT NOT NULL REFERENCES users (id),
    merchant_id TEXT NOT NULL REFERENCES merchants (id),
    role        TEXT NOT NULL CHECK (role IN ('owner', 'manager', 'accountant', 'cashier', 'developer')),
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (user_id, merchant_id)
);
CREATE INDEX memberships_merchant ON memberships (merchant_id, user_id);

-- One browser in which a user is signed in. token_hash is of what its cookie holds.
CREATE TABLE sign_ins (
    id               TEXT PRIMARY KEY,
    user_id          TEXT NOT NULL REFERENCES users (id),
    token_hash       TEXT NOT NULL UNIQUE,
    method           TEXT NOT NULL,
    user_agent       TEXT NOT NULL,
    address          TEXT NOT NULL,
    created_at       BIGINT NOT NULL,
    authenticated_at BIGINT NOT NULL,
    seen_at          BIGINT NOT NULL,
    ended_at         BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX sign_ins_user ON sign_ins (user_id, created_at, id);
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
DROP TABLE sign_ins;
DROP TABLE memberships;
DROP TABLE users;
-- +goose StatementEnd
