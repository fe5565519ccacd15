-- +goose Up
-- +goose StatementBegin
-- kept is 1 for what a buyer entered while it could not be looked up: it is kept with the
-- session, and counts against the bound of the address only.
ALTER TABLE hash_lookups ADD COLUMN kept INTEGER NOT NULL DEFAULT 0;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
DELETE FROM hash_lookups WHERE kept = 1;
ALTER TABLE hash_lookups DROP COLUMN kept;
-- +goose StatementEnd
