// Package statements reads the statements of banks and compares them with the payments
// that were recorded.
//
// A statement shows what a bank booked. It never settles a session: a match only
// records which line belongs to which payment.
package statements
