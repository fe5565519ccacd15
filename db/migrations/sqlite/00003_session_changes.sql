-- +goose Up
-- The sessions that pages may show differently since; see glances.go. A number is one
-- more than the largest that is kept.
CREATE TABLE session_changes (
    number     INTEGER PRIMARY KEY,
    session_id TEXT NOT NULL
);
-- +goose StatementBegin
CREATE TRIGGER session_changed AFTER UPDATE OF version, status, latest_payment ON sessions BEGIN
    INSERT INTO session_changes (session_id) VALUES (NEW.id);
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER session_changed;
DROP TABLE session_changes;
