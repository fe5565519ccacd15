-- +goose Up
-- +goose StatementBegin
-- How often a link's sessions were paid, and what they asked for in its currency. The
-- currency of a link that was paid does not change.
ALTER TABLE payment_links ADD COLUMN paid BIGINT NOT NULL DEFAULT 0;
ALTER TABLE payment_links ADD COLUMN takings BIGINT NOT NULL DEFAULT 0;
UPDATE payment_links SET paid = s.paid, takings = s.takings
FROM (SELECT link_id, count(*) AS paid, sum(amount) AS takings FROM sessions WHERE link_id <> '' AND status = 'complete' GROUP BY link_id) AS s
WHERE s.link_id = payment_links.id;

-- Counts the changes of a merchant's settings, from 1: whoever saves a form with an
-- earlier number is refused.
ALTER TABLE merchants ADD COLUMN settings_version BIGINT NOT NULL DEFAULT 1;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
ALTER TABLE merchants DROP COLUMN settings_version;
ALTER TABLE payment_links DROP COLUMN takings;
ALTER TABLE payment_links DROP COLUMN paid;
-- +goose StatementEnd
