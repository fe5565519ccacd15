// Package gateway speaks the wire protocol of the KESS payment gateway
// ("Payment Gateway Specification Document"): OAuth tokens, one endpoint for
// every service, signed messages, encrypted customers, and the table of all
// services with their fields.
package gateway
