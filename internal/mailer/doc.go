// Package mailer sends the e-mail of the server: notices to addressees, and messages to one
// person each. What is told to whom is checkout/notices.
package mailer
