-- +goose Up
-- Times are milliseconds since 1970 UTC, 0 for none. Amounts are the smallest
-- unit used: US cents, whole riel. JSON is text. *_sealed is AES-256-GCM.

CREATE TABLE merchants (
    id              TEXT PRIMARY KEY,
    name            TEXT NOT NULL,
    logo_url        TEXT NOT NULL DEFAULT '',
    accent          TEXT NOT NULL DEFAULT '',
    support_contact TEXT NOT NULL DEFAULT '',
    terms_url       TEXT NOT NULL DEFAULT '',
    return_hosts    TEXT NOT NULL DEFAULT '[]',
    methods         TEXT NOT NULL DEFAULT '[]',
    late_payments   TEXT NOT NULL DEFAULT 'review' CHECK (late_payments IN ('review', 'accept')),
    created_at      BIGINT NOT NULL
);

CREATE TABLE provider_accounts (
    id               TEXT PRIMARY KEY,
    merchant_id      TEXT NOT NULL REFERENCES merchants (id),
    mode             TEXT NOT NULL CHECK (mode IN ('test', 'live')),
    provider         TEXT NOT NULL,
    settings_sealed  BLOB NOT NULL,
    enabled          INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
    paused_until     BIGINT NOT NULL DEFAULT 0,
    next_question_at BIGINT NOT NULL DEFAULT 0,
    question_day     BIGINT NOT NULL DEFAULT 0,
    questions_asked  BIGINT NOT NULL DEFAULT 0,
    reserve_asked    BIGINT NOT NULL DEFAULT 0,
    in_hand          DOUBLE PRECISION NOT NULL DEFAULT 0,
    counted_at       BIGINT NOT NULL DEFAULT 0,
    learnt_allowance BIGINT NOT NULL DEFAULT 0,
    UNIQUE (merchant_id, mode, provider)
);

CREATE TABLE account_secrets (
    account_id   TEXT NOT NULL REFERENCES provider_accounts (id),
    name         TEXT NOT NULL,
    value_sealed BLOB NOT NULL,
    PRIMARY KEY (account_id, name)
);

CREATE TABLE api_keys (
    id          TEXT PRIMARY KEY,
    merchant_id TEXT NOT NULL REFERENCES merchants (id),
    mode        TEXT NOT NULL CHECK (mode IN ('test', 'live')),
    hash        TEXT NOT NULL UNIQUE,
    hint        TEXT NOT NULL,
    created_at  BIGINT NOT NULL
);

CREATE TABLE webhook_endpoints (
    id            TEXT PRIMARY KEY,
    merchant_id   TEXT NOT NULL REFERENCES merchants (id),
    mode          TEXT NOT NULL CHECK (mode IN ('test', 'live')),
    url           TEXT NOT NULL,
    secret_sealed BLOB NOT NULL,
    disabled      INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
    created_at    BIGINT NOT NULL
);
CREATE INDEX webhook_endpoints_merchant ON webhook_endpoints (merchant_id, mode);

CREATE TABLE sessions (
    id              TEXT PRIMARY KEY,
    merchant_id     TEXT NOT NULL REFERENCES merchants (id),
    mode            TEXT NOT NULL CHECK (mode IN ('test', 'live')),
    status          TEXT NOT NULL CHECK (status IN ('open', 'complete', 'expired', 'canceled')),
    amount          BIGINT NOT NULL CHECK (amount > 0),
    currency        TEXT NOT NULL CHECK (currency IN ('USD', 'KHR')),
    reference       TEXT NOT NULL,
    description     TEXT NOT NULL,
    line_items      TEXT NOT NULL,
    customer        TEXT NOT NULL,
    success_url     TEXT NOT NULL,
    cancel_url      TEXT NOT NULL,
    payment_methods TEXT NOT NULL,
    locale          TEXT NOT NULL,
    metadata        TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    closed_at       BIGINT NOT NULL,
    payment_id      TEXT NOT NULL,
    latest_payment  TEXT NOT NULL DEFAULT '',
    version         BIGINT NOT NULL
);
CREATE INDEX sessions_list ON sessions (merchant_id, mode, created_at, id);
CREATE INDEX sessions_reference ON sessions (merchant_id, mode, reference);
CREATE INDEX sessions_overdue ON sessions (expires_at) WHERE status = 'open';

CREATE TABLE payments (
    id             TEXT PRIMARY KEY,
    session_id     TEXT NOT NULL REFERENCES sessions (id),
    ordinal        INTEGER NOT NULL,
    merchant_id    TEXT NOT NULL,
    mode           TEXT NOT NULL CHECK (mode IN ('test', 'live')),
    provider       TEXT NOT NULL,
    method         TEXT NOT NULL,
    account_id     TEXT NOT NULL REFERENCES provider_accounts (id),
    reference      TEXT NOT NULL,
    amount         BIGINT NOT NULL CHECK (amount > 0),
    currency       TEXT NOT NULL CHECK (currency IN ('USD', 'KHR')),
    created_at     BIGINT NOT NULL,
    status         TEXT NOT NULL CHECK (status IN ('created', 'requires_action', 'processing', 'succeeded', 'failed', 'expired', 'canceled')),
    review         TEXT NOT NULL CHECK (review IN ('', 'late', 'duplicate', 'mismatch', 'contested')),
    failure_code   TEXT NOT NULL,
    provider_id    TEXT NOT NULL,
    payees         TEXT NOT NULL,
    next_action    TEXT NOT NULL,
    state          TEXT NOT NULL,
    proof          TEXT NOT NULL,
    transaction_id TEXT NOT NULL,
    expires_at     BIGINT NOT NULL,
    closed_at      BIGINT NOT NULL,
    checked_at     BIGINT NOT NULL,
    check_count    BIGINT NOT NULL,
    next_check_at  BIGINT NOT NULL,
    watched_at     BIGINT NOT NULL DEFAULT 0,
    doubtful       INTEGER NOT NULL CHECK (doubtful IN (0, 1)),
    claimed_at     BIGINT NOT NULL,
    delayed        INTEGER NOT NULL DEFAULT 0 CHECK (delayed IN (0, 1)),
    leased_until   BIGINT NOT NULL DEFAULT 0,
    UNIQUE (account_id, reference)
);
CREATE UNIQUE INDEX payments_session ON payments (session_id, ordinal);
CREATE INDEX payments_list ON payments (merchant_id, mode, created_at, id);
CREATE INDEX payments_due ON payments (account_id, next_check_at) WHERE next_check_at > 0;
CREATE INDEX payments_watched ON payments (account_id, watched_at) WHERE next_check_at > 0;
CREATE INDEX payments_claimed ON payments (account_id) WHERE claimed_at > 0 AND next_check_at > 0;
CREATE INDEX payments_overdue ON payments (expires_at) WHERE status IN ('created', 'requires_action', 'processing');
CREATE UNIQUE INDEX payments_transaction ON payments (provider, mode, transaction_id) WHERE transaction_id <> '';

CREATE TABLE events (
    sequence    INTEGER PRIMARY KEY AUTOINCREMENT,
    id          TEXT NOT NULL UNIQUE,
    merchant_id TEXT NOT NULL,
    mode        TEXT NOT NULL CHECK (mode IN ('test', 'live')),
    type        TEXT NOT NULL,
    session_id  TEXT NOT NULL,
    payment_id  TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    body        TEXT NOT NULL
);
CREATE INDEX events_feed ON events (merchant_id, mode, sequence);

CREATE TABLE deliveries (
    id           TEXT PRIMARY KEY,
    event_id     TEXT NOT NULL REFERENCES events (id),
    endpoint_id  TEXT NOT NULL REFERENCES webhook_endpoints (id),
    status       TEXT NOT NULL CHECK (status IN ('pending', 'delivered', 'failed')),
    created_at   BIGINT NOT NULL,
    attempted_at BIGINT NOT NULL DEFAULT 0,
    UNIQUE (event_id, endpoint_id)
);
CREATE INDEX deliveries_pending ON deliveries (created_at) WHERE status = 'pending';

CREATE TABLE delivery_attempts (
    delivery_id TEXT NOT NULL REFERENCES deliveries (id),
    at          BIGINT NOT NULL,
    status      INTEGER NOT NULL,
    answer      TEXT NOT NULL,
    took_ms     BIGINT NOT NULL
);
CREATE INDEX delivery_attempts_of ON delivery_attempts (delivery_id, at);

CREATE TABLE idempotency_keys (
    merchant_id TEXT NOT NULL,
    mode        TEXT NOT NULL,
    key         TEXT NOT NULL,
    route       TEXT NOT NULL,
    body_hash   TEXT NOT NULL,
    session_id  TEXT NOT NULL REFERENCES sessions (id),
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, mode, key)
);

-- +goose Down
DROP TABLE idempotency_keys;
DROP TABLE delivery_attempts;
DROP TABLE deliveries;
DROP TABLE events;
DROP TABLE payments;
DROP TABLE sessions;
DROP TABLE webhook_endpoints;
DROP TABLE api_keys;
DROP TABLE account_secrets;
DROP TABLE provider_accounts;
DROP TABLE merchants;
