-- +goose Up
-- Whom to ask about next is looked up by urgency, not sorted out of all that are
-- due. The condition is not that of payments_due: so SQLite does not take that.
DROP INDEX payments_claimed;
DROP INDEX payments_watched;
CREATE INDEX payments_claimed ON payments (account_id, next_check_at) WHERE claimed_at > checked_at AND next_check_at <> 0;
CREATE INDEX payments_watched ON payments (account_id, watched_at, next_check_at, leased_until, created_at, checked_at, claimed_at, closed_at, id)
    WHERE next_check_at <> 0;
CREATE INDEX IF NOT EXISTS payments_resting ON payments (account_id, (closed_at = 0) DESC, (checked_at > closed_at), created_at DESC, next_check_at)
    WHERE next_check_at <> 0;

-- +goose Down
DROP INDEX payments_resting;
DROP INDEX payments_watched;
DROP INDEX payments_claimed;
CREATE INDEX payments_watched ON payments (account_id, watched_at) WHERE next_check_at > 0;
CREATE INDEX payments_claimed ON payments (account_id) WHERE claimed_at > 0 AND next_check_at > 0;
