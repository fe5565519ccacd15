-- +goose Up
-- Refunds that have succeeded or are pending add up to payments.refunded, in the
-- proof's currency.
CREATE TABLE refunds (
    id             TEXT PRIMARY KEY,
    payment_id     TEXT NOT NULL REFERENCES payments (id),
    session_id     TEXT NOT NULL REFERENCES sessions (id),
    merchant_id    TEXT NOT NULL,
    mode           TEXT NOT NULL CHECK (mode IN ('test', 'live')),
    provider       TEXT NOT NULL,
    reference      TEXT NOT NULL,
    amount         BIGINT NOT NULL CHECK (amount > 0),
    currency       TEXT NOT NULL CHECK (currency IN ('USD', 'KHR')),
    reason         TEXT NOT NULL,
    by_hand        TEXT NOT NULL,
    asked_by       TEXT NOT NULL,
    created_at     BIGINT NOT NULL,
    status         TEXT NOT NULL CHECK (status IN ('pending', 'succeeded', 'failed')),
    transaction_id TEXT NOT NULL,
    failure_code   TEXT NOT NULL,
    raw            TEXT NOT NULL,
    closed_at      BIGINT NOT NULL
);
CREATE INDEX refunds_list ON refunds (merchant_id, mode, created_at, id);
CREATE INDEX refunds_payment ON refunds (payment_id);
CREATE INDEX refunds_session ON refunds (session_id);
CREATE INDEX refunds_pending ON refunds (created_at) WHERE status = 'pending';
CREATE UNIQUE INDEX refunds_reference ON refunds (reference) WHERE reference <> '';

ALTER TABLE payments ADD COLUMN refunded BIGINT NOT NULL DEFAULT 0 CHECK (refunded >= 0);
ALTER TABLE payments ADD COLUMN decision TEXT NOT NULL DEFAULT '' CHECK (decision IN ('', 'accept', 'refunded'));
ALTER TABLE payments ADD COLUMN decision_note TEXT NOT NULL DEFAULT '';
ALTER TABLE payments ADD COLUMN decided_by TEXT NOT NULL DEFAULT '';
ALTER TABLE payments ADD COLUMN decided_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX payments_review ON payments (merchant_id, mode, created_at, id) WHERE review <> '' AND decision = '';

-- uses counts the sessions made from a link that are open or complete. Without
-- a fixed amount, amount is 0 and the buyer chooses within the bounds.
CREATE TABLE payment_links (
    id               TEXT PRIMARY KEY,
    merchant_id      TEXT NOT NULL REFERENCES merchants (id),
    mode             TEXT NOT NULL CHECK (mode IN ('test', 'live')),
    active           INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
    amount           BIGINT NOT NULL,
    amount_min       BIGINT NOT NULL,
    amount_max       BIGINT NOT NULL,
    currency         TEXT NOT NULL CHECK (currency IN ('USD', 'KHR')),
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

ALTER TABLE sessions ADD COLUMN link_id TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN visitor TEXT NOT NULL DEFAULT '';
CREATE INDEX sessions_visitor ON sessions (link_id, visitor) WHERE visitor <> '' AND status = 'open';

-- +goose Down
DROP INDEX sessions_visitor;
ALTER TABLE sessions DROP COLUMN visitor;
ALTER TABLE sessions DROP COLUMN link_id;
DROP TABLE payment_links;
DROP INDEX payments_review;
ALTER TABLE payments DROP COLUMN decided_at;
ALTER TABLE payments DROP COLUMN decided_by;
ALTER TABLE payments DROP COLUMN decision_note;
ALTER TABLE payments DROP COLUMN decision;
ALTER TABLE payments DROP COLUMN refunded;
DROP TABLE refunds;
