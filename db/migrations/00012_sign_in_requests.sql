-- +goose Up
-- +goose StatementBegin
-- Browsers that ask to be signed in by a user who is signed in in another one; see
-- users.SignInRequest. token_hash is of what the cookie of the browser that asks holds,
-- code_hash of what its QR code's address ends in.
CREATE TABLE sign_in_requests (
    token_hash   TEXT PRIMARY KEY,
    code_hash    TEXT NOT NULL UNIQUE,
    number       TEXT NOT NULL,
    user_agent   TEXT NOT NULL,
    address      TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    user_id      TEXT NOT NULL DEFAULT '',
    confirmed_in TEXT NOT NULL DEFAULT ''
);
CREATE INDEX sign_in_requests_expiry ON sign_in_requests (expires_at, token_hash);
ALTER TABLE sign_ins ADD COLUMN confirmed_by TEXT NOT NULL DEFAULT '';

-- Secrets that have just been made, until the user of a sign-in has seen them once.
CREATE TABLE shown_secrets (
    sign_in_id    TEXT NOT NULL,
    object        TEXT NOT NULL,
    secret_sealed BLOB NOT NULL,
    expires_at    BIGINT NOT NULL,
    PRIMARY KEY (sign_in_id, object)
);
CREATE INDEX shown_secrets_expiry ON shown_secrets (expires_at, sign_in_id, object);

-- Pictures that merchants have uploaded. The one that their logo_url names is shown.
CREATE TABLE merchant_logos (
    merchant_id TEXT NOT NULL REFERENCES merchants (id),
    hash        TEXT NOT NULL,
    picture     BLOB NOT NULL,
    PRIMARY KEY (merchant_id, hash)
);
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
DROP TABLE merchant_logos;
DROP TABLE shown_secrets;
ALTER TABLE sign_ins DROP COLUMN confirmed_by;
DROP TABLE sign_in_requests;
-- +goose StatementEnd
