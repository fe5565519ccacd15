-- +goose Up
-- The session's reference, which never changes: payments are listed by it.
ALTER TABLE payments ADD COLUMN merchant_reference TEXT NOT NULL DEFAULT '';
UPDATE payments SET merchant_reference = (SELECT reference FROM sessions WHERE id = session_id);
CREATE INDEX payments_merchant_reference ON payments (merchant_id, mode, merchant_reference, created_at, id);

-- Why an attempt failed, apart from what the endpoint answered.
ALTER TABLE delivery_attempts ADD COLUMN error TEXT NOT NULL DEFAULT '';
UPDATE delivery_attempts SET error = answer, answer = '' WHERE status = 0;

-- Only the job of the current generation is carried out: a delivery, or a question
-- about a refund, that is asked for while its job is running begins another.
ALTER TABLE deliveries ADD COLUMN generation BIGINT NOT NULL DEFAULT 0;
ALTER TABLE refunds ADD COLUMN generation BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE refunds DROP COLUMN generation;
ALTER TABLE deliveries DROP COLUMN generation;
UPDATE delivery_attempts SET answer = error WHERE status = 0;
ALTER TABLE delivery_attempts DROP COLUMN error;
DROP INDEX payments_merchant_reference;
ALTER TABLE payments DROP COLUMN merchant_reference;
