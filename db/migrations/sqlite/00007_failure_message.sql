-- +goose Up
ALTER TABLE payments ADD COLUMN failure_message TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE payments DROP COLUMN failure_message;
