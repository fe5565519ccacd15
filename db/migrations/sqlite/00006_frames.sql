-- +goose Up
-- frame_hosts: a JSON list of hosts whose pages may show the checkout in a frame.
ALTER TABLE merchants ADD COLUMN frame_hosts TEXT NOT NULL DEFAULT '[]';

-- +goose Down
ALTER TABLE merchants DROP COLUMN frame_hosts;
