package pages

import (
	"slices"
	"strings"
	"time"

	"rieltime/checkout"
	"rieltime/web/templates"
)

// addMoney adds money that arrived, whether it fits the order or not: the receipt
// and the way back to the shop.
func addMoney(c *templates.Checkout, p checkout.Purchase, payment *checkout.Payment, req pageRequest) {
	c.ReturnURL = cancelURL(p.Session, req.chosen)
	if p.Session.Status == checkout.SessionComplete {
		c.ReturnURL = returnURL(p.Session.SuccessURL, p.Session.ID)
	}

	// A buyer may have paid a second code, which only its hash can find.
	c.AskHash = acceptsHash(p, req) && (c.State == templates.StatePaid || c.State == templates.StateDuplicate)
	c.HashOpen = req.hashOpen

	// A buyer who has just paid is sent back to the shop; a page opened later, or
	// in use, stays.
	if c.State == templates.StatePaid && c.ReturnURL != "" && !req.report && !req.hashOpen && req.now.Sub(p.Session.ClosedAt) < returnWithin {
		c.ReturnSeconds = returnSeconds
		if c.AskHash {
			c.HashURL = pagePath(p.Session.ID) + "?hash=1"
		}
	}

	if payment != nil && payment.Proof != nil {
		c.Receipt = receiptOf(p, *payment, req)
	}
}

// addReturn adds the way back to the shop for a buyer who has not paid.
func addReturn(c *templates.Checkout, p checkout.Purchase, _ *checkout.Payment, req pageRequest) {
	c.ReturnURL = cancelURL(p.Session, req.chosen)
}

const (
	shortHash = 8 // hex digits that bank apps show of a transaction's hash
	fullHash  = 64
)

// receiptOf shows what a payment's proof says. The amount is shown only where it
// differs from the order's, with what its rounding added; beside an amount in another
// currency, the order's total in riel is shown, as its rate makes it.
func receiptOf(p checkout.Purchase, payment checkout.Payment, req pageRequest) *templates.Receipt {
	proof := *payment.Proof
	r := &templates.Receipt{
		PaidAt: templates.FormatTime(req.lang, paidAt(proof)), Method: methodName(payment, req),
		TransactionID: proof.TransactionID, Reference: payment.Reference,
	}
	if id := proof.TransactionID; len(id) == fullHash && strings.Trim(id, "0123456789abcdef") == "" {
		r.ShortHash = id[:shortHash]
	}

	if payment.Refunded > 0 {
		r.Refunded = formatAmount(req.lang, checkout.Money{Minor: payment.Refunded, Currency: proof.Amount.Currency})
	}

	if proof.Amount != p.Session.Amount {
		r.Amount = formatAmount(req.lang, proof.Amount)
	}

	if payment.Rate != "" {
		r.Rate = templates.FormatRate(req.lang, string(payment.Rate))
		r.Rounding = templates.FormatDifference(string(payment.Amount.Currency), payment.Rate.RoundingAdded(p.Session.Amount, payment.Amount))
	}

	if riel, rate, can := p.Session.In(checkout.KHR); can && rate != "" && proof.Amount.Currency != checkout.KHR {
		r.Riel, r.Rate = formatAmount(req.lang, riel), templates.FormatRate(req.lang, string(rate))
	}

	return r
}

// paidAt is when the money was moved, or when its proof was seen if the provider
// does not say.
func paidAt(proof checkout.Proof) time.Time {
	if proof.PaidAt.IsZero() {
		return proof.SeenAt
	}
	return proof.PaidAt
}

// methodName is a payment method's name in a language, or its provider's name.
func methodName(payment checkout.Payment, req pageRequest) string {
	base, _, _ := strings.Cut(payment.Method, ":")
	key := "method." + base + ".name"
	if name := templates.T(req.lang, key); name != key {
		return name
	}
	return req.providerName(payment.Provider)
}

// acceptsHash reports whether the buyer had a code that may have been paid twice:
// a provider that knows hashes reports the first payment of a code, and others by
// their hash only.
func acceptsHash(p checkout.Purchase, req pageRequest) bool {
	return slices.ContainsFunc(p.Payments, func(payment checkout.Payment) bool {
		return req.knowsHashes(payment.Provider) && payment.NextAction.Kind != checkout.ActionNone
	})
}
