-- +goose Up
-- The sessions that pages may show differently since; see glances.go. A number is that
-- of the transaction.
CREATE TABLE session_changes (
    number     BIGINT NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
    session_id TEXT NOT NULL
);
CREATE INDEX session_changes_number ON session_changes (number);
-- +goose StatementBegin
CREATE FUNCTION note_session_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO session_changes (session_id) VALUES (NEW.id);
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER session_changed AFTER UPDATE OF version, status, latest_payment ON sessions
    FOR EACH ROW EXECUTE FUNCTION note_session_change();

-- +goose Down
DROP TRIGGER session_changed ON sessions;
DROP FUNCTION note_session_change();
DROP TABLE session_changes;
