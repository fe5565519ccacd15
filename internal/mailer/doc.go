// Package mailer sends the e-mail of the server: notices to addressees, and messages to one
// person each. Who is notified of what is in checkout/notices.
package mailer
