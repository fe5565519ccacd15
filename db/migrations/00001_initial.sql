-- +goose Up
-- +goose StatementBegin
-- Times are milliseconds since 1970 UTC, 0 for none. Amounts are the smallest
-- unit used: US cents, whole riel. JSON is text. *_sealed is AES-256-GCM.
-- What PostgreSQL has and SQLite lacks is a comment here.

-- fixed_time: buyers get no more time than their session began with. frame_hosts: a
-- JSON list of hosts whose pages may show the checkout in a frame.
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
    created_at      BIGINT NOT NULL,
    fixed_time      INTEGER NOT NULL DEFAULT 0 CHECK (fixed_time IN (0, 1)),
    frame_hosts     TEXT NOT NULL DEFAULT '[]'
);

-- limit_answers is how many answers in a row said that the account's daily limit is
-- reached.
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
    settings_version INTEGER NOT NULL DEFAULT 1,
    limit_answers    INTEGER NOT NULL DEFAULT 0,
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
    created_at  BIGINT NOT NULL,
    name        TEXT NOT NULL DEFAULT '',
    scopes      TEXT NOT NULL DEFAULT '["read","write","refunds"]',
    addresses   TEXT NOT NULL DEFAULT '[]',
    expires_at  BIGINT NOT NULL DEFAULT 0,
    revoked_at  BIGINT NOT NULL DEFAULT 0,
    used_at     BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX api_keys_merchant ON api_keys (merchant_id, mode);

-- hears_since is the sequence of the last event of its merchant and mode before the
-- endpoint was made, enabled or disabled, or given another filter: it receives all
-- later ones alike.
CREATE TABLE webhook_endpoints (
    id              TEXT PRIMARY KEY,
    merchant_id     TEXT NOT NULL REFERENCES merchants (id),
    mode            TEXT NOT NULL CHECK (mode IN ('test', 'live')),
    url             TEXT NOT NULL,
    secret_sealed   BLOB NOT NULL,
    disabled        INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
    created_at      BIGINT NOT NULL,
    applied         INTEGER NOT NULL DEFAULT 0 CHECK (applied IN (0, 1)),
    events          TEXT NOT NULL DEFAULT '["*"]',
    description     TEXT NOT NULL DEFAULT '',
    disabled_reason TEXT NOT NULL DEFAULT '' CHECK (disabled_reason IN ('', 'merchant', 'gone', 'failing')),
    previous_sealed BLOB,
    previous_until  BIGINT NOT NULL DEFAULT 0,
    failing_since   BIGINT NOT NULL DEFAULT 0,
    deleted_at      BIGINT NOT NULL DEFAULT 0,
    hears_since     BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX webhook_endpoints_merchant ON webhook_endpoints (merchant_id, mode);
CREATE INDEX webhook_endpoints_list ON webhook_endpoints (merchant_id, mode, created_at, id) WHERE deleted_at = 0;
CREATE INDEX webhook_endpoints_listening ON webhook_endpoints (merchant_id, mode) WHERE disabled = 0;

-- forgotten_at is when a closed session's personal data was blanked. first_expires_at
-- is the end that the session was requested with: a buyer who gets more time moves
-- expires_at only. holds_use is 1 while the session has one of its payment link's
-- uses; holder is the sealed address from which it is being paid, empty once it is
-- paid or given back.
CREATE TABLE sessions (
    id               TEXT PRIMARY KEY,
    merchant_id      TEXT NOT NULL REFERENCES merchants (id),
    mode             TEXT NOT NULL CHECK (mode IN ('test', 'live')),
    status           TEXT NOT NULL CHECK (status IN ('open', 'complete', 'expired', 'canceled')),
    amount           BIGINT NOT NULL CHECK (amount > 0),
    currency         TEXT NOT NULL CHECK (currency IN ('USD', 'KHR', 'MYR', 'IDR')),
    reference        TEXT NOT NULL,
    description      TEXT NOT NULL,
    line_items       TEXT NOT NULL,
    customer         TEXT NOT NULL,
    success_url      TEXT NOT NULL,
    cancel_url       TEXT NOT NULL,
    payment_methods  TEXT NOT NULL,
    locale           TEXT NOT NULL,
    metadata         TEXT NOT NULL,
    created_at       BIGINT NOT NULL,
    expires_at       BIGINT NOT NULL,
    closed_at        BIGINT NOT NULL,
    payment_id       TEXT NOT NULL,
    latest_payment   TEXT NOT NULL DEFAULT '',
    version          BIGINT NOT NULL,
    link_id          TEXT NOT NULL DEFAULT '',
    visitor          TEXT NOT NULL DEFAULT '',
    forgotten_at     BIGINT NOT NULL DEFAULT 0,
    first_expires_at BIGINT NOT NULL DEFAULT 0,
    holds_use        INTEGER NOT NULL DEFAULT 0 CHECK (holds_use IN (0, 1)),
    holder           TEXT NOT NULL DEFAULT '',
    buyer_locale     TEXT NOT NULL DEFAULT ''
);
CREATE INDEX sessions_list ON sessions (merchant_id, mode, created_at, id);
CREATE INDEX sessions_overdue ON sessions (expires_at) WHERE status = 'open';
CREATE INDEX sessions_open_reference ON sessions (merchant_id, mode, reference) WHERE status = 'open';
CREATE INDEX sessions_visitor ON sessions (link_id, visitor) WHERE visitor <> '' AND status = 'open';
CREATE INDEX sessions_holder ON sessions (link_id, holder) WHERE holder <> '';
CREATE INDEX sessions_reference ON sessions (merchant_id, mode, reference, created_at, id);
CREATE INDEX sessions_status ON sessions (merchant_id, mode, status, created_at, id);
CREATE INDEX sessions_reference_status ON sessions (merchant_id, mode, reference, status, created_at, id);
CREATE INDEX sessions_remembered ON sessions (closed_at, id) WHERE closed_at > 0 AND forgotten_at = 0;

-- refunded is the sum of refunds that have succeeded or are pending, in the proof's
-- currency. extra_of is the attempt beside which money arrived that has a row of its
-- own. unanswered_since is when a closed payment began to be owed a known answer,
-- reopened_at when a notice reopened it, failed_checks how many queries in a row
-- brought no usable answer. merchant_reference is the session's reference, which
-- never changes: payments are listed by it.
CREATE TABLE payments (
    id                 TEXT PRIMARY KEY,
    session_id         TEXT NOT NULL REFERENCES sessions (id),
    ordinal            INTEGER NOT NULL,
    merchant_id        TEXT NOT NULL,
    mode               TEXT NOT NULL CHECK (mode IN ('test', 'live')),
    provider           TEXT NOT NULL,
    method             TEXT NOT NULL,
    account_id         TEXT NOT NULL REFERENCES provider_accounts (id),
    reference          TEXT NOT NULL,
    amount             BIGINT NOT NULL CHECK (amount > 0),
    currency           TEXT NOT NULL CHECK (currency IN ('USD', 'KHR', 'MYR', 'IDR')),
    created_at         BIGINT NOT NULL,
    status             TEXT NOT NULL CHECK (status IN ('created', 'requires_action', 'processing', 'succeeded', 'failed', 'expired', 'canceled')),
    failure_code       TEXT NOT NULL,
    provider_id        TEXT NOT NULL,
    payees             TEXT NOT NULL,
    next_action        TEXT NOT NULL,
    state              TEXT NOT NULL,
    proof              TEXT NOT NULL,
    transaction_id     TEXT NOT NULL,
    expires_at         BIGINT NOT NULL,
    closed_at          BIGINT NOT NULL,
    checked_at         BIGINT NOT NULL,
    check_count        BIGINT NOT NULL,
    next_check_at      BIGINT NOT NULL,
    watched_at         BIGINT NOT NULL DEFAULT 0,
    doubtful           INTEGER NOT NULL CHECK (doubtful IN (0, 1)),
    claimed_at         BIGINT NOT NULL,
    delayed            INTEGER NOT NULL DEFAULT 0 CHECK (delayed IN (0, 1)),
    leased_until       BIGINT NOT NULL DEFAULT 0,
    refunded           BIGINT NOT NULL DEFAULT 0 CHECK (refunded >= 0),
    decision_note      TEXT NOT NULL DEFAULT '',
    decided_by         TEXT NOT NULL DEFAULT '',
    decided_at         BIGINT NOT NULL DEFAULT 0,
    failure_message    TEXT NOT NULL DEFAULT '',
    extra_of           TEXT NOT NULL DEFAULT '',
    review             TEXT NOT NULL DEFAULT '' CHECK (review IN ('', 'late', 'duplicate', 'mismatch', 'claimed', 'contested', 'unknown')),
    decision           TEXT NOT NULL DEFAULT '' CHECK (decision IN ('', 'accept', 'refunded', 'refuse')),
    unanswered_since   BIGINT NOT NULL DEFAULT 0,
    reopened_at        BIGINT NOT NULL DEFAULT 0,
    settings_version   INTEGER NOT NULL DEFAULT 1,
    failed_checks      INTEGER NOT NULL DEFAULT 0,
    merchant_reference TEXT NOT NULL DEFAULT '',
    UNIQUE (account_id, reference)
);
CREATE UNIQUE INDEX payments_session ON payments (session_id, ordinal);
CREATE INDEX payments_list ON payments (merchant_id, mode, created_at, id);
CREATE INDEX payments_due ON payments (account_id, next_check_at) WHERE next_check_at > 0;
CREATE INDEX payments_overdue ON payments (expires_at) WHERE status IN ('created', 'requires_action', 'processing');
-- The payments to query next are looked up by priority, not sorted out of all that
-- are due. The condition is not that of payments_due: so SQLite does not take that.
CREATE INDEX payments_claimed ON payments (account_id, next_check_at) WHERE claimed_at > checked_at AND next_check_at <> 0;
CREATE INDEX payments_watched ON payments (account_id, watched_at, next_check_at, leased_until, created_at, checked_at, claimed_at, closed_at, id)
    WHERE next_check_at <> 0;
CREATE INDEX payments_resting ON payments (account_id, (closed_at = 0) DESC, (checked_at > closed_at), created_at DESC, next_check_at)
    WHERE next_check_at <> 0;
CREATE INDEX payments_review ON payments (merchant_id, mode, created_at, id) WHERE review <> '' AND decision = '';
-- transaction_id is empty with a proof whose transaction another payment has. Two
-- accounts may have transactions of the same number; one of them is then contested.
CREATE UNIQUE INDEX payments_transaction ON payments (provider, mode, transaction_id, account_id) WHERE transaction_id <> '';
CREATE INDEX payments_unanswered ON payments (unanswered_since) WHERE unanswered_since > 0 AND review = '';
CREATE INDEX payments_merchant_reference ON payments (merchant_id, mode, merchant_reference, created_at, id);
CREATE INDEX payments_session_id ON payments (merchant_id, mode, session_id, created_at, id);
CREATE INDEX payments_status ON payments (merchant_id, mode, status, created_at, id);
CREATE INDEX payments_merchant_reference_status ON payments (merchant_id, mode, merchant_reference, status, created_at, id);
CREATE INDEX payments_review_status ON payments (merchant_id, mode, status, created_at, id) WHERE review <> '' AND decision = '';
CREATE INDEX payments_review_merchant_reference ON payments (merchant_id, mode, merchant_reference, created_at, id) WHERE review <> '' AND decision = '';
CREATE INDEX payments_review_merchant_reference_status ON payments (merchant_id, mode, merchant_reference, status, created_at, id) WHERE review <> '' AND decision = '';

-- The last number that a merchant's feed of one mode has given to an event. It
-- grows in the transaction that stores the event, so that the numbers 1, 2, 3 …
-- have no gap and become visible in their order.
CREATE TABLE event_feeds (
    merchant_id   TEXT NOT NULL REFERENCES merchants (id),
    mode          TEXT NOT NULL CHECK (mode IN ('test', 'live')),
    last_sequence BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, mode)
);

CREATE TABLE events (
    merchant_id TEXT NOT NULL,
    mode        TEXT NOT NULL CHECK (mode IN ('test', 'live')),
    sequence    BIGINT NOT NULL CHECK (sequence > 0),
    id          TEXT NOT NULL UNIQUE,
    type        TEXT NOT NULL,
    session_id  TEXT NOT NULL,
    payment_id  TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    body        TEXT NOT NULL,
    PRIMARY KEY (merchant_id, mode, sequence)
);
CREATE INDEX events_session ON events (session_id);
CREATE INDEX events_type ON events (merchant_id, mode, type, sequence);
CREATE INDEX events_created ON events (merchant_id, mode, created_at, sequence, type);

-- The digests of a feed follow one another: each covers the events from the one
-- after its predecessor's last, up to the last one of its day in Cambodia.
CREATE TABLE event_digests (
    merchant_id    TEXT NOT NULL,
    mode           TEXT NOT NULL CHECK (mode IN ('test', 'live')),
    date           TEXT NOT NULL, -- such as 2026-11-28
    first_sequence BIGINT NOT NULL,
    last_sequence  BIGINT NOT NULL CHECK (last_sequence >= first_sequence),
    event_id       TEXT NOT NULL UNIQUE REFERENCES events (id),
    PRIMARY KEY (merchant_id, mode, date)
);

-- attempts counts those since the delivery was last queued. Only the job of the
-- current generation is carried out: queueing again while a job runs begins another.
CREATE TABLE deliveries (
    id              TEXT PRIMARY KEY,
    event_id        TEXT NOT NULL REFERENCES events (id),
    endpoint_id     TEXT NOT NULL REFERENCES webhook_endpoints (id),
    status          TEXT NOT NULL CHECK (status IN ('pending', 'delivered', 'failed')),
    created_at      BIGINT NOT NULL,
    attempted_at    BIGINT NOT NULL DEFAULT 0,
    attempts        INTEGER NOT NULL DEFAULT 0,
    next_attempt_at BIGINT NOT NULL DEFAULT 0,
    generation      BIGINT NOT NULL DEFAULT 0,
    UNIQUE (event_id, endpoint_id)
);
CREATE INDEX deliveries_pending ON deliveries (created_at) WHERE status = 'pending';
CREATE INDEX deliveries_list ON deliveries (endpoint_id, created_at, id);
CREATE INDEX deliveries_status ON deliveries (endpoint_id, status, created_at, id);
CREATE INDEX deliveries_due ON deliveries (next_attempt_at) WHERE status = 'pending';

-- error is why an attempt failed, apart from what the endpoint answered.
CREATE TABLE delivery_attempts (
    delivery_id TEXT NOT NULL REFERENCES deliveries (id),
    at          BIGINT NOT NULL,
    status      INTEGER NOT NULL,
    answer      TEXT NOT NULL,
    took_ms     BIGINT NOT NULL,
    delivered   INTEGER NOT NULL DEFAULT 0 CHECK (delivered IN (0, 1)),
    error       TEXT NOT NULL DEFAULT ''
) /* PARTITION BY RANGE (at) */;
CREATE INDEX delivery_attempts_of ON delivery_attempts (delivery_id, at);

-- A request's result is stored with its key: status is its effect (0 while there is
-- none), location the id of the object that it made or found, answer_sealed what its
-- caller was told. A key without a result belongs to whoever holds its lease. Ids
-- made for the request are derived from its seed.
CREATE TABLE idempotency_keys (
    merchant_id   TEXT NOT NULL,
    mode          TEXT NOT NULL CHECK (mode IN ('test', 'live')),
    key           TEXT NOT NULL,
    route         TEXT NOT NULL,
    body_hash     TEXT NOT NULL,
    seed_sealed   BLOB NOT NULL,
    created_at    BIGINT NOT NULL,
    leased_until  BIGINT NOT NULL,
    status        INTEGER NOT NULL DEFAULT 0,
    location      TEXT NOT NULL DEFAULT '',
    answer_sealed BLOB,
    PRIMARY KEY (merchant_id, mode, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

-- acknowledged_at: a refund that its provider acknowledged fails on the provider's
-- final word alone. generation is as in deliveries.
CREATE TABLE refunds (
    id              TEXT PRIMARY KEY,
    payment_id      TEXT NOT NULL REFERENCES payments (id),
    session_id      TEXT NOT NULL REFERENCES sessions (id),
    merchant_id     TEXT NOT NULL,
    mode            TEXT NOT NULL CHECK (mode IN ('test', 'live')),
    provider        TEXT NOT NULL,
    reference       TEXT NOT NULL,
    amount          BIGINT NOT NULL CHECK (amount > 0),
    currency        TEXT NOT NULL CHECK (currency IN ('USD', 'KHR', 'MYR', 'IDR')),
    reason          TEXT NOT NULL,
    by_hand         TEXT NOT NULL,
    asked_by        TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    status          TEXT NOT NULL CHECK (status IN ('pending', 'succeeded', 'failed')),
    transaction_id  TEXT NOT NULL,
    failure_code    TEXT NOT NULL,
    raw             TEXT NOT NULL,
    closed_at       BIGINT NOT NULL,
    acknowledged_at BIGINT NOT NULL DEFAULT 0,
    missing_since   BIGINT NOT NULL DEFAULT 0,
    unresolved_at   BIGINT NOT NULL DEFAULT 0,
    generation      BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX refunds_list ON refunds (merchant_id, mode, created_at, id);
CREATE INDEX refunds_payment ON refunds (payment_id);
CREATE INDEX refunds_session ON refunds (session_id);
CREATE INDEX refunds_pending ON refunds (created_at) WHERE status = 'pending';
CREATE UNIQUE INDEX refunds_reference ON refunds (reference) WHERE reference <> '';
CREATE INDEX refunds_payment_id ON refunds (merchant_id, mode, payment_id, created_at, id);
CREATE INDEX refunds_session_id ON refunds (merchant_id, mode, session_id, created_at, id);

-- uses counts the sessions made from a link that are paid or being paid. Without a
-- fixed amount, amount is 0 and the buyer chooses within the bounds.
CREATE TABLE payment_links (
    id               TEXT PRIMARY KEY,
    merchant_id      TEXT NOT NULL REFERENCES merchants (id),
    mode             TEXT NOT NULL CHECK (mode IN ('test', 'live')),
    active           INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
    amount           BIGINT NOT NULL,
    amount_min       BIGINT NOT NULL,
    amount_max       BIGINT NOT NULL,
    currency         TEXT NOT NULL CHECK (currency IN ('USD', 'KHR', 'MYR', 'IDR')),
    description      TEXT NOT NULL,
    reference_prefix TEXT NOT NULL,
    success_url      TEXT NOT NULL,
    cancel_url       TEXT NOT NULL,
    payment_methods  TEXT NOT NULL,
    locale           TEXT NOT NULL,
    custom_fields    TEXT NOT NULL,
    max_uses         BIGINT NOT NULL,
    uses             BIGINT NOT NULL DEFAULT 0 CHECK (uses >= 0),
    expires_at       BIGINT NOT NULL,
    created_at       BIGINT NOT NULL,
    CHECK ((amount > 0 AND amount_min = 0 AND amount_max = 0) OR (amount = 0 AND amount_min > 0 AND amount_max >= amount_min))
);
CREATE INDEX payment_links_list ON payment_links (merchant_id, mode, created_at, id);
CREATE INDEX payment_links_active ON payment_links (merchant_id, mode, active, created_at, id);

-- What people and keys did. Rows are only ever added: triggers refuse the rest, but
-- for the deletion of those from before retention.kept_since.
CREATE TABLE audit (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    at       BIGINT NOT NULL,
    actor    TEXT NOT NULL, -- an API key's id, "cli:<command>", "job:<kind>"
    action   TEXT NOT NULL,
    object   TEXT NOT NULL, -- id of what it was done to
    detail   TEXT NOT NULL DEFAULT '{}'
) /* PARTITION BY RANGE (at) */;
CREATE INDEX audit_object ON audit (object, sequence);
CREATE INDEX audit_actor ON audit (actor, sequence);

-- Since when a table is kept: its rows from before may have been removed.
CREATE TABLE retention (
    table_name TEXT PRIMARY KEY,
    kept_since BIGINT NOT NULL
);

-- Look-ups of transaction hashes that buyers typed, for as long as they count against
-- a bound. address is the SHA-256 of the buyer's.
CREATE TABLE hash_lookups (
    account_id TEXT NOT NULL REFERENCES provider_accounts (id),
    session_id TEXT NOT NULL REFERENCES sessions (id),
    address    TEXT NOT NULL,
    at         BIGINT NOT NULL
);
CREATE INDEX hash_lookups_account ON hash_lookups (account_id, at);
CREATE INDEX hash_lookups_session ON hash_lookups (session_id);
CREATE INDEX hash_lookups_address ON hash_lookups (address, at);
CREATE INDEX hash_lookups_age ON hash_lookups (at);

-- Settings that were replaced: messages about payments made with them are still
-- signed by their keys.
CREATE TABLE earlier_settings (
    account_id      TEXT NOT NULL REFERENCES provider_accounts (id),
    version         INTEGER NOT NULL,
    settings_sealed BLOB NOT NULL,
    PRIMARY KEY (account_id, version)
);

-- Who renews a secret of an account, so that only one process does.
CREATE TABLE secret_leases (
    account_id   TEXT NOT NULL REFERENCES provider_accounts (id),
    name         TEXT NOT NULL,
    holder       TEXT NOT NULL,
    leased_until BIGINT NOT NULL,
    PRIMARY KEY (account_id, name)
);
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
DROP TABLE secret_leases;
DROP TABLE earlier_settings;
DROP TABLE hash_lookups;
DROP TABLE retention;
DROP TABLE audit;
DROP TABLE payment_links;
DROP TABLE refunds;
DROP TABLE idempotency_keys;
DROP TABLE delivery_attempts;
DROP TABLE deliveries;
DROP TABLE event_digests;
DROP TABLE events;
DROP TABLE event_feeds;
DROP TABLE payments;
DROP TABLE sessions;
DROP TABLE webhook_endpoints;
DROP TABLE api_keys;
DROP TABLE account_secrets;
DROP TABLE provider_accounts;
DROP TABLE merchants;
-- +goose StatementEnd
