-- +goose Up
-- +goose StatementBegin
-- Cashiers' shifts. opening and closing are JSON: the counted money of checkout.Shift,
-- and its checkout.ShiftClose. closed_at is 0 while a shift is open.
CREATE TABLE shifts (
    id          TEXT PRIMARY KEY,
    merchant_id TEXT NOT NULL REFERENCES merchants (id),
    mode        TEXT NOT NULL CHECK (mode IN ('test', 'live')),
    cashier_id  TEXT NOT NULL,
    opened_at   BIGINT NOT NULL,
    opening     TEXT NOT NULL,
    closed_at   BIGINT NOT NULL DEFAULT 0,
    closed_by   TEXT NOT NULL DEFAULT '',
    closing     TEXT NOT NULL DEFAULT ''
);
-- A cashier has one open shift.
CREATE UNIQUE INDEX shifts_open ON shifts (merchant_id, mode, cashier_id) WHERE closed_at = 0;
CREATE INDEX shifts_list ON shifts (merchant_id, mode, opened_at, id);
CREATE INDEX shifts_cashier ON shifts (merchant_id, mode, cashier_id, opened_at, id);
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
DROP TABLE shifts;
-- +goose StatementEnd
