-- +goose Up
-- What people and keys did. Rows are only ever added: see the triggers.
CREATE TABLE audit (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    at       BIGINT NOT NULL,
    actor    TEXT NOT NULL, -- an API key's id, "cli:<command>", "job:<kind>"
    action   TEXT NOT NULL,
    object   TEXT NOT NULL, -- id of what it was done to
    detail   TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_object ON audit (object);
-- +goose StatementBegin
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
-- +goose StatementEnd

-- forgotten_at is when a closed session's personal data was blanked.
ALTER TABLE sessions ADD COLUMN forgotten_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX sessions_remembered ON sessions (closed_at) WHERE closed_at > 0 AND forgotten_at = 0;
CREATE INDEX events_session ON events (session_id);

-- +goose Down
DROP INDEX events_session;
DROP INDEX sessions_remembered;
ALTER TABLE sessions DROP COLUMN forgotten_at;
DROP TRIGGER audit_no_delete;
DROP TRIGGER audit_no_update;
DROP INDEX audit_object;
DROP TABLE audit;
