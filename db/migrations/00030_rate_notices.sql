-- +goose Up
-- +goose StatementBegin
-- The trouble with the rate of exchange that a receiver was notified of, while it lasts; see
-- checkout.RateTrouble.
ALTER TABLE telegram_chats ADD COLUMN rate_notified TEXT NOT NULL DEFAULT '';
ALTER TABLE addressees ADD COLUMN rate_notified TEXT NOT NULL DEFAULT '';
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
ALTER TABLE addressees DROP COLUMN rate_notified;
ALTER TABLE telegram_chats DROP COLUMN rate_notified;
-- +goose StatementEnd
