-- +goose Up
-- hears_since is the sequence of the last event before the endpoint was made,
-- switched on or off, or given another filter: it hears all later ones alike.
ALTER TABLE webhook_endpoints ADD COLUMN hears_since BIGINT NOT NULL DEFAULT 0;
UPDATE webhook_endpoints SET hears_since = (SELECT coalesce(max(sequence), 0) FROM events);

-- +goose Down
ALTER TABLE webhook_endpoints DROP COLUMN hears_since;
