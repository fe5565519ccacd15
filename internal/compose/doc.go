// Package compose writes what is told of payments: which notice a chat or an e-mail address
// is sent next, and its text. What is told to whom is checkout/notices.
package compose
