-- +goose Up
-- extra_of is the attempt beside which money came that has a row of its own.
ALTER TABLE payments ADD COLUMN extra_of TEXT NOT NULL DEFAULT '';
UPDATE payments SET extra_of = coalesce((SELECT f.id FROM payments f
        WHERE f.session_id = payments.session_id AND payments.reference = f.reference || '-' || substr(payments.id, -4)), '')
    WHERE reference LIKE '%-____';
UPDATE sessions SET latest_payment =
        coalesce((SELECT p.id FROM payments p WHERE p.session_id = sessions.id AND p.extra_of = '' ORDER BY p.ordinal DESC LIMIT 1), '')
    WHERE id IN (SELECT session_id FROM payments WHERE extra_of <> '');

-- More reviews and decisions: a column's check is changed with the column.
DROP INDEX payments_review;
ALTER TABLE payments ADD COLUMN reviewed TEXT NOT NULL DEFAULT ''
    CHECK (reviewed IN ('', 'late', 'duplicate', 'mismatch', 'claimed', 'contested', 'unknown'));
UPDATE payments SET reviewed = review WHERE review <> '';
ALTER TABLE payments DROP COLUMN review;
ALTER TABLE payments RENAME COLUMN reviewed TO review;
ALTER TABLE payments ADD COLUMN decided TEXT NOT NULL DEFAULT '' CHECK (decided IN ('', 'accept', 'refunded', 'refuse'));
UPDATE payments SET decided = decision WHERE decision <> '';
ALTER TABLE payments DROP COLUMN decision;
ALTER TABLE payments RENAME COLUMN decided TO decision;
CREATE INDEX payments_review ON payments (merchant_id, mode, created_at, id) WHERE review <> '' AND decision = '';

-- transaction_id is empty with a proof whose transaction another payment has.
-- Two accounts may have transactions of the same number; one of them is then
-- contested.
UPDATE payments SET proof = json_set(proof, '$.transaction_id', substr(transaction_id, 1, length(transaction_id) - length(' (claimed)'))), transaction_id = ''
    WHERE review = 'contested' AND transaction_id LIKE '% (claimed)';
DROP INDEX payments_transaction;
CREATE UNIQUE INDEX payments_transaction ON payments (provider, mode, transaction_id, account_id) WHERE transaction_id <> '';
UPDATE events SET type = 'payment.contested', body = json_set(body, '$.type', 'payment.contested')
    WHERE type = 'payment.mismatch' AND payment_id IN (SELECT id FROM payments WHERE review = 'contested');

-- Look-ups of transaction hashes that buyers typed, for as long as they count
-- against a bound. address is the SHA-256 of the buyer's.
CREATE TABLE hash_lookups (
    account_id TEXT NOT NULL REFERENCES provider_accounts (id),
    session_id TEXT NOT NULL REFERENCES sessions (id),
    address    TEXT NOT NULL,
    at         BIGINT NOT NULL
);
CREATE INDEX hash_lookups_account ON hash_lookups (account_id, at);
CREATE INDEX hash_lookups_session ON hash_lookups (session_id);
CREATE INDEX hash_lookups_address ON hash_lookups (address, at);
CREATE INDEX hash_lookups_age ON hash_lookups (at);

-- +goose Down
DROP TABLE hash_lookups;
DROP INDEX payments_transaction;
CREATE UNIQUE INDEX payments_transaction ON payments (provider, mode, transaction_id) WHERE transaction_id <> '';
ALTER TABLE payments DROP COLUMN extra_of;
