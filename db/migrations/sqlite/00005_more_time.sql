-- +goose Up
-- fixed_time: buyers get no more time than their session began with.
ALTER TABLE merchants ADD COLUMN fixed_time INTEGER NOT NULL DEFAULT 0 CHECK (fixed_time IN (0, 1));

-- +goose Down
ALTER TABLE merchants DROP COLUMN fixed_time;
