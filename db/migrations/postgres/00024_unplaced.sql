-- +goose Up
-- Rows that were in a default partition and wait to be moved to their months; see
-- unplaced.go. They are read together with those of their tables, column by column.
CREATE TABLE delivery_attempts_unplaced (LIKE delivery_attempts INCLUDING INDEXES);
CREATE TABLE audit_unplaced (LIKE audit INCLUDING INDEXES);

-- +goose Down
DROP TABLE audit_unplaced;
DROP TABLE delivery_attempts_unplaced;
