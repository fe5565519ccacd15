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
// The files in reading order: session.go, payment.go and refund.go (the things),
// purchase.go, proof_settle.go, proof_judge.go, proof_contest.go, answer.go, payment_watch.go and
// schedule.go (the rules of a purchase), provider.go, store.go and errors.go (the
// ports), service.go, session_create.go, payment_start.go, callback.go, answer_apply.go
// and refund_service.go (what the callers do), merchant.go, key.go, link.go and
// webhook_endpoint.go (what merchants have).
//
// Package checkout/verifier queries the providers about the payments that are
// due, within each account's budget, and ends what has run out.
//
// A Service is safe for concurrent use. Its methods record what a provider
// answered even when the caller's context has ended meanwhile.
package checkout
