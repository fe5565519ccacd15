// Package notices says what of a merchant's payments is told to whom: the Telegram bots
// and chats that a merchant links, which events a chat is told of, and how often.
package notices
