-- +goose Up
-- +goose StatementBegin
-- How users prove who they are, beside the password. A passkey's public_key is a
-- COSE_Key; transports is a JSON list.
CREATE TABLE passkeys (
    id              TEXT PRIMARY KEY,
    user_id         TEXT NOT NULL REFERENCES users (id),
    credential_id   TEXT NOT NULL UNIQUE,
    public_key      BLOB NOT NULL,
    transports      TEXT NOT NULL,
    backup_eligible INTEGER NOT NULL CHECK (backup_eligible IN (0, 1)),
    backed_up       INTEGER NOT NULL CHECK (backed_up IN (0, 1)),
    user_verified   INTEGER NOT NULL CHECK (user_verified IN (0, 1)),
    sign_count      BIGINT NOT NULL,
    name            TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    used_at         BIGINT NOT NULL DEFAULT 0,
    copied_at       BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX passkeys_user ON passkeys (user_id, created_at, id);

-- What a browser has begun and not finished. token_hash is of what its cookie holds;
-- user_id is empty where nobody is known yet.
CREATE TABLE challenges (
    token_hash TEXT PRIMARY KEY,
    purpose    TEXT NOT NULL,
    user_id    TEXT NOT NULL,
    challenge  TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX challenges_expiry ON challenges (expires_at, token_hash);

-- The app that makes a user's codes. confirmed_at is 0 until the user has typed one;
-- last_step is the time step of the last code that was accepted.
CREATE TABLE code_apps (
    user_id       TEXT PRIMARY KEY REFERENCES users (id),
    secret_sealed BLOB NOT NULL,
    created_at    BIGINT NOT NULL,
    confirmed_at  BIGINT NOT NULL DEFAULT 0,
    last_step     BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE recovery_codes (
    user_id    TEXT NOT NULL REFERENCES users (id),
    code_hash  TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at    BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (user_id, code_hash)
);
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
DROP TABLE recovery_codes;
DROP TABLE code_apps;
DROP TABLE challenges;
DROP TABLE passkeys;
-- +goose StatementEnd
