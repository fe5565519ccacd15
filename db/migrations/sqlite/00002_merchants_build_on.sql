-- +goose Up
-- An answer is kept with its claim; a claim without one belongs to whoever
-- holds its lease. Ids made under a claim come from its seed.
DROP TABLE idempotency_keys;
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
CREATE INDEX sessions_open_reference ON sessions (merchant_id, mode, reference) WHERE status = 'open';

ALTER TABLE api_keys ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE api_keys ADD COLUMN scopes TEXT NOT NULL DEFAULT '["read","write","refunds"]';
ALTER TABLE api_keys ADD COLUMN addresses TEXT NOT NULL DEFAULT '[]';
ALTER TABLE api_keys ADD COLUMN expires_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE api_keys ADD COLUMN revoked_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE api_keys ADD COLUMN used_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX api_keys_merchant ON api_keys (merchant_id, mode);

ALTER TABLE webhook_endpoints ADD COLUMN applied INTEGER NOT NULL DEFAULT 0 CHECK (applied IN (0, 1));
ALTER TABLE webhook_endpoints ADD COLUMN events TEXT NOT NULL DEFAULT '["*"]';
ALTER TABLE webhook_endpoints ADD COLUMN description TEXT NOT NULL DEFAULT '';
ALTER TABLE webhook_endpoints ADD COLUMN disabled_reason TEXT NOT NULL DEFAULT '' CHECK (disabled_reason IN ('', 'merchant', 'gone', 'failing'));
ALTER TABLE webhook_endpoints ADD COLUMN previous_sealed BLOB;
ALTER TABLE webhook_endpoints ADD COLUMN previous_until BIGINT NOT NULL DEFAULT 0;
ALTER TABLE webhook_endpoints ADD COLUMN failing_since BIGINT NOT NULL DEFAULT 0;
ALTER TABLE webhook_endpoints ADD COLUMN deleted_at BIGINT NOT NULL DEFAULT 0;
UPDATE webhook_endpoints SET applied = 1;
UPDATE webhook_endpoints SET disabled_reason = 'merchant' WHERE disabled = 1;

-- attempts counts those since the delivery was queued, or queued again.
ALTER TABLE deliveries ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN next_attempt_at BIGINT NOT NULL DEFAULT 0;
UPDATE deliveries SET attempts = (SELECT count(*) FROM delivery_attempts a WHERE a.delivery_id = deliveries.id);
UPDATE deliveries SET next_attempt_at = created_at WHERE status = 'pending';
CREATE INDEX deliveries_list ON deliveries (endpoint_id, created_at, id);
CREATE INDEX deliveries_status ON deliveries (endpoint_id, status);
CREATE INDEX events_created ON events (merchant_id, mode, created_at);
ALTER TABLE delivery_attempts ADD COLUMN delivered INTEGER NOT NULL DEFAULT 0 CHECK (delivered IN (0, 1));
UPDATE delivery_attempts SET delivered = 1 WHERE status >= 200 AND status < 300;

-- +goose Down
ALTER TABLE delivery_attempts DROP COLUMN delivered;
DROP INDEX events_created;
DROP INDEX deliveries_status;
DROP INDEX deliveries_list;
ALTER TABLE deliveries DROP COLUMN next_attempt_at;
ALTER TABLE deliveries DROP COLUMN attempts;
ALTER TABLE webhook_endpoints DROP COLUMN deleted_at;
ALTER TABLE webhook_endpoints DROP COLUMN failing_since;
ALTER TABLE webhook_endpoints DROP COLUMN previous_until;
ALTER TABLE webhook_endpoints DROP COLUMN previous_sealed;
ALTER TABLE webhook_endpoints DROP COLUMN disabled_reason;
ALTER TABLE webhook_endpoints DROP COLUMN description;
ALTER TABLE webhook_endpoints DROP COLUMN events;
ALTER TABLE webhook_endpoints DROP COLUMN applied;
DROP INDEX api_keys_merchant;
ALTER TABLE api_keys DROP COLUMN used_at;
ALTER TABLE api_keys DROP COLUMN revoked_at;
ALTER TABLE api_keys DROP COLUMN expires_at;
ALTER TABLE api_keys DROP COLUMN addresses;
ALTER TABLE api_keys DROP COLUMN scopes;
ALTER TABLE api_keys DROP COLUMN name;
DROP INDEX sessions_open_reference;
DROP TABLE idempotency_keys;
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
