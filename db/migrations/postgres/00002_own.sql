-- +goose Up
-- Rows of months that have no partition. Those of months are made by the store.
CREATE TABLE delivery_attempts_default PARTITION OF delivery_attempts DEFAULT;
CREATE TABLE audit_default PARTITION OF audit DEFAULT;
-- A key of partitions contains what they are by. The numbers are unique because
-- the database gives them.
ALTER TABLE audit ADD PRIMARY KEY (sequence, at);

-- +goose StatementBegin
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is append-only';
END $$;
-- +goose StatementEnd
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();

-- The functions on JSON texts that SQLite has, for paths such as $.a.b.
-- +goose StatementBegin
CREATE FUNCTION json_path(path text) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
    SELECT string_to_array(substr(path, 3), '.')
$$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION json_extract(document text, path text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN document <> '' THEN document::json #>> json_path(path) END
$$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION json_type(document text, path text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN document <> '' THEN json_typeof(document::json #> json_path(path)) END
$$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION json_set(document text, path text, value json) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_set(document::jsonb, json_path(path), value::jsonb)::text
$$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION json_remove(document text, path text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT (document::jsonb #- json_path(path))::text
$$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION json_each(document text) RETURNS TABLE (value text) LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_array_elements_text(document::jsonb)
$$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION json_valid(document text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN document::json IS NOT NULL;
EXCEPTION WHEN invalid_text_representation THEN
    RETURN false;
END $$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION json_valid(text);
DROP FUNCTION json_each(text);
DROP FUNCTION json_remove(text, text);
DROP FUNCTION json_set(text, text, json);
DROP FUNCTION json_type(text, text);
DROP FUNCTION json_extract(text, text);
DROP FUNCTION json_path(text);
DROP TRIGGER audit_append_only ON audit;
DROP FUNCTION refuse_audit_change();
ALTER TABLE audit DROP CONSTRAINT audit_pkey;
DROP TABLE audit_default;
DROP TABLE delivery_attempts_default;
