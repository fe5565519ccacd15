//go:build e2e

package e2e

import "slices"

// restingADay is money whose payment is under review as unknown: the question
// that tells of it comes within a day.
const restingADay = "payments taken, under review as unknown for a day"

// checkMoney compares the ledgers with the payments, both ways.
func (b *snapshot) checkMoney() {
	known := map[string][]paymentRow{}
	attempts := map[string]paymentRow{} // by the provider and our reference there
	for _, p := range b.payments {
		if p.Proof != nil {
			key := p.Provider + " " + p.Proof.Transaction
			known[key] = append(known[key], p)
		}

		if proved := p.Proof != nil; proved != (p.Status == "succeeded" || p.Review != "" && p.Review != "unknown") {
			b.fault("payment %s is %s %s, proof: %t", p.ID, p.Status, p.Review, proved)
		}

		attempts[p.Provider+" "+p.Reference] = p
	}

	tillSales := 0
	for _, m := range b.money {
		key := m.provider + " " + m.transaction
		if m.reference == "" {
			tillSales++
			b.checkTillSale(m, known[key])
		} else {
			b.checkReceived(m, known[key], attempts[m.provider+" "+m.reference])
		}

		delete(known, key)
	}

	for key, rows := range known {
		for _, p := range rows {
			b.fault("payment %s (%s %s) has a proof that is in no ledger: %s", p.ID, p.Status, p.Review, key)
		}
	}

	b.compared["ledger rows with payments"] = len(b.money) - tillSales
	b.compared["sales at the till with claims"] = tillSales
}

// checkTillSale holds money that paid no code of ours to its claims: the
// merchant may look at them, and nothing else comes of it.
func (b *snapshot) checkTillSale(m ledgerEntry, rows []paymentRow) {
	for _, p := range rows {
		if p.Review != "claimed" && p.Review != "contested" || p.Status != "failed" {
			b.fault("payment %s is %s %s by a sale at the till: %s", p.ID, p.Status, p.Review, m.transaction)
		}
	}
}

// checkReceived holds money to the payment that it was for, by the provider's
// ledger. Whoever else claims it has lost it.
func (b *snapshot) checkReceived(m ledgerEntry, rows []paymentRow, attempt paymentRow) {
	at := slices.IndexFunc(rows, func(p paymentRow) bool { return p.Session == attempt.Session && p.Review != "contested" })
	for i, p := range rows {
		// Until a provider that was silent for two days is asked again, the one
		// who paid may not be known, and a claim stands for the merchant to see.
		stands := !b.dayPassed && attempt.Review == "unknown" && p.Review == "claimed" && p.Status == "failed"
		if i != at && !stands && (p.Review != "contested" || p.Status != "failed") {
			b.fault("%s: transaction %s of %s is with payment %s (%s %s) of %s too", m.provider, m.transaction, m.reference, p.ID, p.Status, p.Review, p.Reference)
		}
	}

	if at < 0 {
		if b.dayPassed || attempt.Review != "unknown" {
			b.fault("%s took %s %s for %s (%s), which is not known: %s %s", m.provider, m.amount, m.currency, m.reference, m.transaction, attempt.Status, attempt.Review)
		} else {
			b.compared[restingADay]++
		}

		return
	}

	p := rows[at]
	switch {
	case p.Review == "claimed" || p.Proof.Source == "hash":
		b.fault("%s took %s %s for %s (%s), which is only claimed by %s", m.provider, m.amount, m.currency, m.reference, m.transaction, p.ID)
	case !sameMoney(p.Proof.Amount, p.Proof.Currency, m.amount, m.currency):
		b.fault("%s took %s %s for %s, known are %s %s", m.provider, m.amount, m.currency, m.reference, p.Proof.Amount, p.Proof.Currency)
	case p.Review != "mismatch" && !sameMoney(p.Amount, p.Currency, m.amount, m.currency):
		b.fault("%s took %s %s for %s, which asks for %s %s", m.provider, m.amount, m.currency, m.reference, p.Amount, p.Currency)
	}

	b.lags[m.provider] = append(b.lags[m.provider], p.Proof.SeenAt.Sub(m.at))
}
