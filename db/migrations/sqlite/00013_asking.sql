-- +goose Up
-- How many questions in a row brought no usable answer about a payment.
ALTER TABLE payments ADD COLUMN failed_checks INTEGER NOT NULL DEFAULT 0;

-- How many answers in a row said that an account's daily limit is reached.
ALTER TABLE provider_accounts ADD COLUMN limit_answers INTEGER NOT NULL DEFAULT 0;

-- Who renews a secret of an account, so that one process does.
CREATE TABLE secret_leases (
    account_id TEXT NOT NULL REFERENCES provider_accounts (id),
    name TEXT NOT NULL,
    holder TEXT NOT NULL,
    leased_until BIGINT NOT NULL,
    PRIMARY KEY (account_id, name)
);

-- +goose Down
DROP TABLE secret_leases;
ALTER TABLE provider_accounts DROP COLUMN limit_answers;
ALTER TABLE payments DROP COLUMN failed_checks;
