package checkout

import (
	"time"
)

// Settle judges a proof for one of the purchase's payments and records it. It
// is the only way for a payment to succeed by a proof, and for a session to
// complete by one. Settling the same transaction again changes only the time of
// the next query. Money that does not fit is recorded under review with an event,
// never dropped.
//
// A proof found by a hash rests on the buyer's word that the money was for this
// session: it settles nothing. A proof of another source for the same
// transaction settles it.
func (p *Purchase) Settle(id string, proof Proof, now time.Time) Outcome {
	payment := p.Payment(id)
	known := p.recorded(proof)
	if proof.Source == SourceHash {
		if known != nil {
			return OutcomeRepeated
		}
		return p.setAside(*payment, proof, ReviewClaimed, now)
	}

	if known != nil {
		outcome := OutcomeRepeated
		if known.Proof.Source == SourceHash {
			outcome = p.confirm(known, proof, now)
		}

		p.recordPending(id, now)
		return outcome
	}

	if payment.Proof != nil {
		payment = p.extra(*payment, now)
	}

	return p.judge(payment, proof, now)
}

// conflict records a proof whose transaction another purchase's payment has. With
// the same payee it is the same money, which counts there. Otherwise two gateways
// gave two transactions one number, and the merchant can accept this one.
func (p *Purchase) conflict(id string, proof Proof, holder Payment, now time.Time) Outcome {
	if p.recorded(proof) != nil {
		p.recordPending(id, now)
		return OutcomeRepeated
	}
	outcome := p.setAside(*p.Payment(id), proof, ReviewContested, now)
	p.Payments[len(p.Payments)-1].TransactionLost = holder.AccountID == p.Payment(id).AccountID || holder.Proof.Payee == proof.Payee
	if proof.Source != SourceHash {
		p.recordPending(id, now)
	}
	return outcome
}
