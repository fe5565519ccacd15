// Package gateway speaks the wire protocol of the KESS payment gateway
// ("Payment Gateway Specification Document"): OAuth tokens, one endpoint for
// every service, signed messages and encrypted customers.
package gateway
