-- +goose Up
-- +goose StatementBegin
-- Second screens at counters; see users.Display. A row has code_hash until it is paired,
-- and token_hash from then on.
CREATE TABLE displays (
    id          TEXT PRIMARY KEY,
    merchant_id TEXT NOT NULL REFERENCES merchants (id),
    mode        TEXT NOT NULL CHECK (mode IN ('test', 'live')),
    user_id     TEXT NOT NULL REFERENCES users (id),
    sign_in_id  TEXT NOT NULL REFERENCES sign_ins (id),
    code_hash   TEXT NOT NULL,
    token_hash  TEXT NOT NULL DEFAULT '',
    paired_at   BIGINT NOT NULL DEFAULT 0,
    expires_at  BIGINT NOT NULL
);
CREATE UNIQUE INDEX displays_code ON displays (code_hash) WHERE code_hash <> '';
CREATE UNIQUE INDEX displays_token ON displays (token_hash) WHERE token_hash <> '';
-- A cashier has one at a merchant.
CREATE UNIQUE INDEX displays_user ON displays (merchant_id, mode, user_id);
CREATE INDEX displays_expiry ON displays (expires_at, id);
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
DROP TABLE displays;
-- +goose StatementEnd
