// Package bots runs merchants' Telegram bots: it notifies their chats of payments and links
// chats by one-time codes. Who is notified of what is in checkout/notices.
package bots
