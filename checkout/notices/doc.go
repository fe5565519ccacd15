// Package notices says who is notified of what of a merchant's payments: the Telegram bots
// and chats that a merchant links, which events a chat is notified of, and how often.
package notices
