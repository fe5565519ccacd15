-- +goose Up
-- +goose StatementBegin
-- What the people of a merchant find sessions by that no other index has: folded words
-- of the customer (see checkout.SearchTerms). It is personal data: Forget deletes it.
CREATE TABLE search_terms (
    merchant_id TEXT NOT NULL,
    mode        TEXT NOT NULL CHECK (mode IN ('test', 'live')),
    term        TEXT NOT NULL COLLATE BINARY, -- ranges of terms begin with the same text
    created_at  BIGINT NOT NULL,              -- of the session
    session_id  TEXT NOT NULL REFERENCES sessions (id),
    PRIMARY KEY (merchant_id, mode, term, created_at, session_id)
) /* WITHOUT ROWID */;
CREATE INDEX search_terms_session ON search_terms (session_id);

-- One row while sessions from before this migration lack their terms: those behind
-- the id after. See fillSearchTerms.
CREATE TABLE search_fill (
    after TEXT NOT NULL
);
INSERT INTO search_fill (after) SELECT '' WHERE EXISTS (SELECT 1 FROM sessions);

CREATE INDEX sessions_link ON sessions (merchant_id, mode, link_id, created_at, id) WHERE link_id <> '';
CREATE INDEX payments_amount ON payments (merchant_id, mode, currency, amount, created_at, id);
CREATE INDEX payments_reviewed ON payments (merchant_id, mode, review, created_at, id) WHERE review <> '';
CREATE INDEX payments_refunded ON payments (merchant_id, mode, created_at, id) WHERE refunded > 0;

-- Filters of the list of payments that a user keeps under a name. query is made of known
-- filters only.
CREATE TABLE saved_views (
    id          TEXT PRIMARY KEY,
    merchant_id TEXT NOT NULL REFERENCES merchants (id),
    user_id     TEXT NOT NULL REFERENCES users (id),
    name        TEXT NOT NULL,
    query       TEXT NOT NULL,
    shared      INTEGER NOT NULL DEFAULT 0 CHECK (shared IN (0, 1)),
    created_at  BIGINT NOT NULL
);
CREATE INDEX saved_views_own ON saved_views (merchant_id, user_id, name);
CREATE INDEX saved_views_shared ON saved_views (merchant_id, name) WHERE shared = 1;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
DROP TABLE saved_views;
DROP INDEX payments_refunded;
DROP INDEX payments_reviewed;
DROP INDEX payments_amount;
DROP INDEX sessions_link;
DROP TABLE search_fill;
DROP TABLE search_terms;
-- +goose StatementEnd
