-- +goose Up
-- The language that a session's buyer has chosen on our pages, before going to a
-- provider whose way back brings neither our cookie nor our address's query.
ALTER TABLE sessions ADD COLUMN buyer_locale TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE sessions DROP COLUMN buyer_locale;
