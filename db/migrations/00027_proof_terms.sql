-- +goose Up
-- +goose StatementBegin
-- Sessions are also found by the banks' references in the proofs of their payments.
-- Those of earlier proofs are filled in, for all sessions once more; see fillSearchTerms.
DELETE FROM search_fill;
INSERT INTO search_fill (after) SELECT '' WHERE EXISTS (SELECT 1 FROM sessions);
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
DELETE FROM search_fill;
-- +goose StatementEnd
