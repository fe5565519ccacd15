-- +goose Up
-- +goose StatementBegin
-- The payments whose provider did not answer, as far as is known: seldom any, so that a
-- page need not look at a merchant's newest payments to see whether a method keeps failing.
CREATE INDEX payments_unreached ON payments (merchant_id, mode, created_at) WHERE failure_code = 'unreachable' OR doubtful = 1;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
DROP INDEX payments_unreached;
-- +goose StatementEnd
