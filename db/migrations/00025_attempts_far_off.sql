-- +goose Up
-- +goose StatementBegin
-- The times of attempts that are far from when their delivery was made, the earliest and
-- the latest, 0 for none: with them all attempts are found in the partitions of few months.
ALTER TABLE deliveries ADD COLUMN attempts_from BIGINT NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN attempts_to BIGINT NOT NULL DEFAULT 0;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
ALTER TABLE deliveries DROP COLUMN attempts_to;
ALTER TABLE deliveries DROP COLUMN attempts_from;
-- +goose StatementEnd
