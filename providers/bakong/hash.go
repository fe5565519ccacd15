package bakong

import (
	"context"
	"slices"
	"strings"
	"time"

	"rieltime/checkout"
	"rieltime/providers/bakong/internal/client"
)

// Lengths of the hashes on a bank's receipt.
const (
	shortHash = 8
	fullHash  = 64
)

// clockSlack is how far Bakong's clock may be behind ours.
const clockSlack = 2 * time.Minute

// IsHash implements checkout.HashChecker.
func (p *Provider) IsHash(text string) bool { return isHash(strings.ToLower(strings.TrimSpace(text))) }

// CheckHash looks for the transaction that a buyer read off a receipt, by its
// full hash (64 hex digits) or short one (the first 8). A hash is not bound to
// the payment as its md5 is, so that only a transaction of exactly this amount
// and currency, to this payment's payee, made since the payment began, is an
// answer about it; every other one says nothing and is VerdictPending. Nor does a
// failed transaction fail the payment.
func (p *Provider) CheckHash(ctx context.Context, account checkout.Account, payment checkout.Payment, hash string) checkout.Answer {
	hash = strings.ToLower(strings.TrimSpace(hash))
	if !isHash(hash) {
		return checkout.Answer{Verdict: checkout.VerdictPending, Reason: "A transaction hash has 8 or 64 hexadecimal digits."}
	}

	api, err := p.client(ctx, account)
	if err != nil {
		return p.unknown(err)
	}

	found, err := queryHash(ctx, api, hash, payment.Amount)
	if err != nil {
		return p.noClaim(account, api, err)
	}

	answer := p.paid(payment, found, checkout.SourceHash)
	if answer.Verdict == checkout.VerdictPaid && !isFor(payment, answer.Proof, hash) {
		return otherTransaction
	}

	return answer
}

// otherTransaction is the answer about a transaction that cannot be the payment's.
var otherTransaction = checkout.Answer{Verdict: checkout.VerdictPending, Reason: "That transaction is not for this payment."}

// noClaim translates a look-up that brought no transaction: a failed one fails no payment.
func (p *Provider) noClaim(account checkout.Account, api client.Client, err error) checkout.Answer {
	answer := p.noTransaction(account, api, err)
	if answer.Verdict == checkout.VerdictFailed {
		return checkout.Answer{Verdict: checkout.VerdictPending, Reason: answer.Reason}
	}
	return answer
}

func queryHash(ctx context.Context, api client.Client, hash string, amount checkout.Money) (client.Transaction, error) {
	if len(hash) == shortHash {
		return api.CheckShortHash(ctx, hash, amount)
	}
	return api.CheckHash(ctx, hash)
}

func isHash(text string) bool {
	return (len(text) == shortHash || len(text) == fullHash) && strings.Trim(text, "0123456789abcdef") == ""
}

// isFor reports whether the proof may be of this payment; hash is empty when it was looked
// up by something else.
func isFor(payment checkout.Payment, proof *checkout.Proof, hash string) bool {
	return strings.HasPrefix(proof.TransactionID, hash) &&
		proof.Amount == payment.Amount &&
		slices.Contains(payment.Payees, proof.Payee) &&
		(proof.PaidAt.IsZero() || !proof.PaidAt.Before(payment.CreatedAt.Add(-clockSlack)))
}
