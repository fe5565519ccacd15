// Package checkout is the domain of Rieltime: sessions, payments, proofs and
// events, the rules that move them, and the ports that providers and the
// database fill. There is no HTTP, SQL or provider in it.
//
// A Session is one purchase, a Payment one attempt to pay it through one
// provider. A Purchase is a session with all its payments; every rule is a
// method of Purchase, free of input and output, and Store.Update makes its
// outcome durable together with the events it raised. Only Purchase.Settle
// turns a Proof into a succeeded payment.
//
// Service.Run is the verifier: it asks the providers that can be asked, within
// each account's budget, and ends what has run out. What it asks when, and with
// which numbers, is told on top of verifier.go.
//
// A Service is safe for concurrent use. Its methods record what a provider
// answered even when the caller's context has ended meanwhile.
package checkout
