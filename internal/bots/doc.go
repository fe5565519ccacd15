// Package bots runs merchants' Telegram bots: it tells their chats of payments and links
// chats by one-time codes. What is told to whom is checkout/notices.
package bots
