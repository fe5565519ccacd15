-- +goose Up
-- +goose StatementBegin
-- What one unit of a currency is worth in another, as decimal text; see checkout.Rate. The
-- last one of a merchant, mode and pair is used while it is valid. far_off is 1 of one that
-- differs too much from the one before it and that nobody has confirmed.
CREATE TABLE rates (
    id          TEXT PRIMARY KEY,
    merchant_id TEXT NOT NULL REFERENCES merchants (id),
    mode        TEXT NOT NULL CHECK (mode IN ('test', 'live')),
    base        TEXT NOT NULL,
    quote       TEXT NOT NULL,
    value       TEXT NOT NULL,
    source      TEXT NOT NULL,
    set_by      TEXT NOT NULL,
    rate_at     BIGINT NOT NULL,
    valid_until BIGINT NOT NULL,
    far_off     INTEGER NOT NULL CHECK (far_off IN (0, 1)),
    UNIQUE (merchant_id, mode, base, quote, rate_at)
);

-- How prices are converted; JSON, see checkout.Exchange.
ALTER TABLE merchants ADD COLUMN exchange TEXT NOT NULL DEFAULT '{}';
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
ALTER TABLE merchants DROP COLUMN exchange;
DROP TABLE rates;
-- +goose StatementEnd
