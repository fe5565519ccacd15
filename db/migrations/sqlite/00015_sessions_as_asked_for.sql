-- +goose Up
-- first_expires_at is the end that a session was asked for with: a buyer who
-- gets more time moves expires_at only. holds_use says whether a session has one
-- of its payment link's uses, holder from whose address it is being paid: the
-- sealed address, empty once it is paid or given back.
ALTER TABLE sessions ADD COLUMN first_expires_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN holds_use INTEGER NOT NULL DEFAULT 0 CHECK (holds_use IN (0, 1));
ALTER TABLE sessions ADD COLUMN holder TEXT NOT NULL DEFAULT '';
UPDATE sessions SET first_expires_at = expires_at;
UPDATE sessions SET holds_use = 1 WHERE link_id <> '' AND status IN ('open', 'complete');
CREATE INDEX sessions_holder ON sessions (link_id, holder) WHERE holder <> '';

-- +goose Down
DROP INDEX sessions_holder;
ALTER TABLE sessions DROP COLUMN holder;
ALTER TABLE sessions DROP COLUMN holds_use;
ALTER TABLE sessions DROP COLUMN first_expires_at;
