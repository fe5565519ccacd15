-- +goose Up
-- By which rows that were kept for long enough are found, whatever the clock said when
-- others were stored. PostgreSQL keeps them in partitions by month.
CREATE INDEX delivery_attempts_age ON delivery_attempts (at);
CREATE INDEX audit_age ON audit (at);

-- +goose Down
DROP INDEX audit_age;
DROP INDEX delivery_attempts_age;
