-- +goose Up
-- +goose StatementBegin
-- user_link is the invitation that a mail is about; problem is why the mail server refused
-- it for good, empty while it has not.
ALTER TABLE mails ADD COLUMN user_link TEXT NOT NULL DEFAULT '';
ALTER TABLE mails ADD COLUMN problem TEXT NOT NULL DEFAULT '';
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
ALTER TABLE mails DROP COLUMN problem;
ALTER TABLE mails DROP COLUMN user_link;
-- +goose StatementEnd
