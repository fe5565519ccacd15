package checkout

import (
	"cmp"
	"time"
)

// RecordAnswer records an answer that is no proof: when the next query is
// due, whether the answer is usable, and the end of an attempt that failed.
// VerdictPaid is for Settle. For an attempt that has its proof only VerdictFailed
// matters: answers may overtake each other.
func (p *Purchase) RecordAnswer(id string, answer Answer, now time.Time) {
	payment := p.Payment(id)
	if payment.Proof != nil {
		payment.NextCheckAt, payment.UnansweredSince = time.Time{}, time.Time{}
		if answer.Verdict == VerdictFailed && payment.Status == PaymentSucceeded {
			p.recordFailureAfterProof(payment, answer.Transaction, now)
		}
		return
	}

	if doubtful := answer.Verdict == VerdictUnknown; doubtful != payment.Doubtful {
		payment.Doubtful = doubtful
		p.touch()
	}

	if answer.Verdict == VerdictUnknown {
		payment.FailedChecks++
	} else {
		payment.FailedChecks = 0
	}

	p.clearDelay(payment)
	p.recordDeclined(payment, answer)
	payment.CheckedAt = now
	payment.CheckCount++
	switch answer.Verdict {
	case VerdictFailed:
		p.fail(payment, cmp.Or(answer.Code, "declined"), answer.Reason, now)
	case VerdictClosed:
		p.close(payment, PaymentExpired, "expired", now)
	case VerdictProcessing:
		if payment.Status == PaymentRequiresAction {
			payment.Status = PaymentProcessing
			p.touch()
		}

	case VerdictPending:
		if !payment.ReportedPaidAt.IsZero() && now.Sub(payment.ReportedPaidAt) >= ReportHeldFor {
			payment.ReportedPaidAt = time.Time{}
			p.touch()
		}
	}

	p.scheduleAfter(payment, answer.Verdict, now)
	if answer.Odd && !payment.NextCheckAt.IsZero() {
		payment.NextCheckAt = Later(payment.NextCheckAt, now.Add(oddPause(payment.FailedChecks)))
	}

	p.Expire(now) // it may have waited for this answer
}

// recordDeclined records why the buyer's last try was declined while the provider
// goes on taking money for the attempt, or that it has not been declined after
// all.
func (p *Purchase) recordDeclined(payment *Payment, answer Answer) {
	known := answer.Verdict == VerdictPending || answer.Verdict == VerdictProcessing
	if known && !payment.Status.Closed() && payment.FailureCode != answer.Code {
		payment.FailureCode = answer.Code
		p.touch()
	}
}

// recordPending records about an attempt that it is not paid, because the money
// that its provider reports is recorded with another payment. It puts off the
// next query.
func (p *Purchase) recordPending(id string, now time.Time) {
	p.RecordAnswer(id, Answer{Verdict: VerdictPending}, now)
}
