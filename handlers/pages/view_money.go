package pages

import (
	"slices"
	"strings"
	"time"

	"rieltime/checkout"
	"rieltime/web/templates"
)

// showMoney is money that arrived, whether it fits or not.
func showMoney(c *templates.Checkout, p checkout.Purchase, payment *checkout.Payment, a pageRequest) {
	c.ReturnURL = cancelURL(p.Session, a.chosen)
	if p.Session.Status == checkout.SessionComplete {
		c.ReturnURL = returnURL(p.Session.SuccessURL, p.Session.ID)
	}

	c.AskHash = takesHash(p) && (c.State == templates.Paid || c.State == templates.Duplicate)
	c.HashOpen = a.hash
	if c.State == templates.Paid && c.ReturnURL != "" && !a.report && !a.hash && a.now.Sub(p.Session.ClosedAt) < returnWithin {
		c.ReturnSeconds = returnSeconds
		if c.AskHash {
			c.HashURL = pagePath(p.Session.ID) + "?hash=1"
		}
	}

	if payment == nil || payment.Proof == nil {
		return
	}

	c.Receipt = receipt(p, *payment, a)
}

func showEnd(c *templates.Checkout, p checkout.Purchase, _ *checkout.Payment, a pageRequest) {
	c.ReturnURL = cancelURL(p.Session, a.chosen)
}

const (
	shortHash = 8 // hex digits that bank apps show of a transaction's hash
	fullHash  = 64
)

// receipt is what a payment's proof says; only what differs from the order is
// said of the amount.
func receipt(p checkout.Purchase, payment checkout.Payment, a pageRequest) *templates.Receipt {
	proof := *payment.Proof
	r := &templates.Receipt{
		PaidAt: templates.FormatTime(a.lang, paidAt(proof)), Method: methodName(payment, a.lang),
		TransactionID: proof.TransactionID, Reference: payment.Reference,
	}
	if id := proof.TransactionID; len(id) == fullHash && strings.Trim(id, "0123456789abcdef") == "" {
		r.ShortHash = id[:shortHash]
	}

	if payment.Refunded > 0 {
		r.Refunded = amount(a.lang, checkout.Money{Minor: payment.Refunded, Currency: proof.Amount.Currency})
	}

	if proof.Amount != p.Session.Amount {
		r.Amount = amount(a.lang, proof.Amount)
	}

	return r
}

// paidAt is when money was moved, as far as it is known.
func paidAt(proof checkout.Proof) time.Time {
	if proof.PaidAt.IsZero() {
		return proof.SeenAt
	}
	return proof.PaidAt
}

func methodName(payment checkout.Payment, lang string) string {
	base, _, _ := strings.Cut(payment.Method, ":")
	key := "method." + base + ".name"
	if name := templates.T(lang, key); name != key {
		return name
	}
	return providerName(payment.Provider)
}

// takesHash reports whether the buyer had a code that may have been paid twice:
// Bakong tells of the first payment only, and of others by their hash.
func takesHash(p checkout.Purchase) bool {
	return slices.ContainsFunc(p.Payments, func(payment checkout.Payment) bool {
		return payment.Provider == "bakong" && payment.NextAction.Kind != checkout.ActionNone
	})
}
