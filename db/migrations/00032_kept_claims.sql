-- +goose Up
-- +goose StatementBegin
-- kept_claims are the transaction hashes and bank references that the session's buyer
-- entered while they could not be looked up, as JSON; empty: none. claims_due_at is when
-- the first of them is looked up next; 0: none is.
ALTER TABLE sessions ADD COLUMN kept_claims TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN claims_due_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX sessions_claims_due ON sessions (claims_due_at) WHERE claims_due_at > 0;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
DROP INDEX sessions_claims_due;
ALTER TABLE sessions DROP COLUMN claims_due_at;
ALTER TABLE sessions DROP COLUMN kept_claims;
-- +goose StatementEnd
