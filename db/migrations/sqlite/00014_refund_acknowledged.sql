-- +goose Up
-- A refund that its provider acknowledged fails on the provider's final word
-- alone. An answer was kept only of those that it had acknowledged.
ALTER TABLE refunds ADD COLUMN acknowledged_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE refunds ADD COLUMN missing_since BIGINT NOT NULL DEFAULT 0;
ALTER TABLE refunds ADD COLUMN unresolved_at BIGINT NOT NULL DEFAULT 0;
UPDATE refunds SET acknowledged_at = created_at WHERE raw <> '' OR transaction_id <> '';

-- +goose Down
ALTER TABLE refunds DROP COLUMN unresolved_at;
ALTER TABLE refunds DROP COLUMN missing_since;
ALTER TABLE refunds DROP COLUMN acknowledged_at;
