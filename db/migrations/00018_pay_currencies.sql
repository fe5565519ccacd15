-- +goose Up
-- +goose StatementBegin
-- In which currencies a session may be paid, as JSON: as its merchant asked (null: as the
-- merchant's settings say), and what it is in each, with the rate; see
-- checkout.ConvertedAmount. Amount and currency stay the price.
ALTER TABLE sessions ADD COLUMN pay_currencies TEXT NOT NULL DEFAULT 'null';
ALTER TABLE sessions ADD COLUMN converted TEXT NOT NULL DEFAULT '[]';
ALTER TABLE payment_links ADD COLUMN pay_currencies TEXT NOT NULL DEFAULT 'null';

-- By which a payment's amount was made of the session's price; empty: it is the price.
ALTER TABLE payments ADD COLUMN rate TEXT NOT NULL DEFAULT '';
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
ALTER TABLE payments DROP COLUMN rate;
ALTER TABLE payment_links DROP COLUMN pay_currencies;
ALTER TABLE sessions DROP COLUMN converted;
ALTER TABLE sessions DROP COLUMN pay_currencies;
-- +goose StatementEnd
