-- +goose Up
-- A closed payment that is owed a known answer, and when a notice reopened it.
ALTER TABLE payments ADD COLUMN unanswered_since BIGINT NOT NULL DEFAULT 0;
ALTER TABLE payments ADD COLUMN reopened_at BIGINT NOT NULL DEFAULT 0;
UPDATE payments SET unanswered_since = closed_at WHERE closed_at > 0 AND next_check_at > 0;

-- Settings that were replaced: messages about payments made by them are still
-- signed with their keys.
ALTER TABLE provider_accounts ADD COLUMN settings_version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE payments ADD COLUMN settings_version INTEGER NOT NULL DEFAULT 1;
CREATE TABLE earlier_settings (
    account_id      TEXT NOT NULL REFERENCES provider_accounts (id),
    version         INTEGER NOT NULL,
    settings_sealed BLOB NOT NULL,
    PRIMARY KEY (account_id, version)
);

-- A review can be of money that nothing is known of. The old column's check
-- goes with it.
ALTER TABLE payments ADD COLUMN reviewed TEXT NOT NULL DEFAULT ''
    CHECK (reviewed IN ('', 'late', 'duplicate', 'mismatch', 'contested', 'claimed', 'unknown'));
UPDATE payments SET reviewed = review WHERE review <> '';
DROP INDEX payments_review;
ALTER TABLE payments DROP COLUMN review;
ALTER TABLE payments RENAME COLUMN reviewed TO review;
CREATE INDEX payments_review ON payments (merchant_id, mode, created_at, id) WHERE review <> '' AND decision = '';
CREATE INDEX payments_unanswered ON payments (unanswered_since) WHERE unanswered_since > 0 AND review = '';

-- +goose Down
DROP TABLE earlier_settings;
ALTER TABLE payments DROP COLUMN settings_version;
ALTER TABLE provider_accounts DROP COLUMN settings_version;
DROP INDEX payments_unanswered;
DROP INDEX payments_review;
ALTER TABLE payments ADD COLUMN reviewed TEXT NOT NULL DEFAULT ''
    CHECK (reviewed IN ('', 'late', 'duplicate', 'mismatch', 'contested'));
UPDATE payments SET reviewed = review WHERE review NOT IN ('claimed', 'unknown');
ALTER TABLE payments DROP COLUMN review;
ALTER TABLE payments RENAME COLUMN reviewed TO review;
CREATE INDEX payments_review ON payments (merchant_id, mode, created_at, id) WHERE review <> '' AND decision = '';
ALTER TABLE payments DROP COLUMN reopened_at;
ALTER TABLE payments DROP COLUMN unanswered_since;
