-- +goose Up
-- +goose StatementBegin
-- When a payment's first proof was recorded; 0: none was.
ALTER TABLE payments ADD COLUMN recorded_at BIGINT NOT NULL DEFAULT 0;
UPDATE payments SET recorded_at = coalesce((SELECT min(e.created_at) FROM events e WHERE e.session_id = payments.session_id AND e.payment_id = payments.id
    AND e.type IN ('payment.succeeded', 'payment.late', 'payment.duplicate', 'payment.mismatch', 'payment.claimed', 'payment.contested')), closed_at) WHERE proof <> '';
CREATE INDEX payments_recorded ON payments (merchant_id, mode, recorded_at, id) WHERE recorded_at > 0;

-- Sums of what was recorded in an hour of a day in Cambodia, whose days are counted from
-- 1970-01-01; see checkout.Takings. review may be negative: what was decided about.
CREATE TABLE takings (
    merchant_id    TEXT NOT NULL REFERENCES merchants (id),
    mode           TEXT NOT NULL CHECK (mode IN ('test', 'live')),
    day            INTEGER NOT NULL,
    hour           INTEGER NOT NULL CHECK (hour BETWEEN 0 AND 23),
    currency       TEXT NOT NULL CHECK (currency IN ('USD', 'KHR', 'MYR', 'IDR')),
    provider       TEXT NOT NULL,
    method         TEXT NOT NULL,
    taken          BIGINT NOT NULL,
    taken_count    BIGINT NOT NULL,
    review         BIGINT NOT NULL,
    review_count   BIGINT NOT NULL,
    refunded       BIGINT NOT NULL,
    refunded_count BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, mode, day, hour, currency, provider, method)
);
INSERT INTO takings (merchant_id, mode, day, hour, currency, provider, method, taken, taken_count, review, review_count, refunded, refunded_count)
SELECT merchant_id, mode, (at + 25200000) / 86400000, (at + 25200000) / 3600000 % 24, currency, provider, method,
    sum(taken), sum(taken_count), sum(review), sum(review_count), sum(refunded), sum(refunded_count)
FROM (SELECT m.merchant_id, m.mode, m.recorded_at AS at, m.currency, m.provider, m.method,
        CASE m.standing WHEN 'taken' THEN m.minor ELSE 0 END AS taken, CASE m.standing WHEN 'taken' THEN 1 ELSE 0 END AS taken_count,
        CASE m.standing WHEN 'taken' THEN 0 ELSE m.minor END AS review, CASE m.standing WHEN 'taken' THEN 0 ELSE 1 END AS review_count,
        0 AS refunded, 0 AS refunded_count
    FROM (SELECT id, merchant_id, mode, recorded_at, decided_at, provider, method,
        coalesce(json_extract(proof, '$.currency'), currency) AS currency, coalesce(CAST(json_extract(proof, '$.minor') AS BIGINT), 0) AS minor,
        CASE WHEN transaction_id = '' OR decision = 'refuse' THEN 'none' WHEN review IN ('', 'unknown') THEN 'taken'
            WHEN decision = '' THEN 'review' ELSE 'decided' END AS standing
    FROM payments WHERE proof <> '') m WHERE m.standing <> 'none'
    UNION ALL SELECT m.merchant_id, m.mode, m.decided_at, m.currency, m.provider, m.method, m.minor, 1, -m.minor, -1, 0, 0
    FROM (SELECT id, merchant_id, mode, recorded_at, decided_at, provider, method,
        coalesce(json_extract(proof, '$.currency'), currency) AS currency, coalesce(CAST(json_extract(proof, '$.minor') AS BIGINT), 0) AS minor,
        CASE WHEN transaction_id = '' OR decision = 'refuse' THEN 'none' WHEN review IN ('', 'unknown') THEN 'taken'
            WHEN decision = '' THEN 'review' ELSE 'decided' END AS standing
    FROM payments WHERE proof <> '') m WHERE m.standing = 'decided'
    UNION ALL SELECT m.merchant_id, m.mode, r.closed_at, m.currency, m.provider, m.method,
        CASE WHEN m.standing IN ('review', 'none') THEN r.amount ELSE 0 END, 0, CASE m.standing WHEN 'review' THEN -r.amount ELSE 0 END, 0, r.amount, 1
    FROM (SELECT id, merchant_id, mode, recorded_at, decided_at, provider, method,
        coalesce(json_extract(proof, '$.currency'), currency) AS currency, coalesce(CAST(json_extract(proof, '$.minor') AS BIGINT), 0) AS minor,
        CASE WHEN transaction_id = '' OR decision = 'refuse' THEN 'none' WHEN review IN ('', 'unknown') THEN 'taken'
            WHEN decision = '' THEN 'review' ELSE 'decided' END AS standing
    FROM payments WHERE proof <> '') m JOIN refunds r ON r.payment_id = m.id WHERE r.status = 'succeeded') AS changes GROUP BY 1, 2, 3, 4, 5, 6, 7;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
DROP TABLE takings;
DROP INDEX payments_recorded;
ALTER TABLE payments DROP COLUMN recorded_at;
-- +goose StatementEnd
