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

CREATE INDEX payments_unanswered ON payments (unanswered_since) WHERE unanswered_since > 0 AND review = '';

-- +goose Down
DROP TABLE earlier_settings;
ALTER TABLE payments DROP COLUMN settings_version;
ALTER TABLE provider_accounts DROP COLUMN settings_version;
DROP INDEX payments_unanswered;
ALTER TABLE payments DROP COLUMN reopened_at;
ALTER TABLE payments DROP COLUMN unanswered_since;
