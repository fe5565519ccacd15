// Package compose writes notices of payments: which notice a chat or an e-mail address
// is sent next, and its text. Who is notified of what is in checkout/notices.
package compose
