-- +goose Up
-- +goose StatementBegin
-- A code with a user links the person who sends it to the bot; one without links a chat.
ALTER TABLE telegram_codes ADD COLUMN user_id TEXT NOT NULL DEFAULT '';

-- People in Telegram who are users of the dashboard, for a merchant's bot in one mode.
CREATE TABLE telegram_people (
    merchant_id TEXT NOT NULL,
    mode        TEXT NOT NULL,
    person_id   BIGINT NOT NULL,
    user_id     TEXT NOT NULL REFERENCES users (id),
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, mode, person_id),
    FOREIGN KEY (merchant_id, mode) REFERENCES telegram_bots (merchant_id, mode)
);

-- Messages of bots that show a session, by its id; message_id is 0 until it is sent. state
-- is what the message shows. The job of the row's generation looks at it at due_at (0: only
-- when money comes), not before next_at.
CREATE TABLE telegram_sales (
    id          TEXT PRIMARY KEY,
    merchant_id TEXT NOT NULL,
    mode        TEXT NOT NULL,
    bot_id      BIGINT NOT NULL,
    chat_id     BIGINT NOT NULL,
    message_id  BIGINT NOT NULL,
    locale      TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('open', 'paid', 'expired', 'late', 'check')),
    due_at      BIGINT NOT NULL,
    failures    BIGINT NOT NULL DEFAULT 0,
    next_at     BIGINT NOT NULL DEFAULT 0,
    generation  BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX telegram_sales_pending ON telegram_sales (due_at, id) WHERE due_at > 0;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
DROP TABLE telegram_sales;
DROP TABLE telegram_people;
ALTER TABLE telegram_codes DROP COLUMN user_id;
-- +goose StatementEnd
