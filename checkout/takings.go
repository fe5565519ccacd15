package checkout

import (
	"time"

	"rieltime/internal/cambodia"
)

// Takings are the money of some payments, in one currency, on one or several days. Money
// counts in the hour, of a day in Cambodia, in which we recorded what became of it,
// whenever it was paid: a day that is over never changes.
//
//   - Taken is money that is the merchant's: that of a payment without a review when its
//     proof is recorded, that of a reviewed one when the merchant accepts it or has given
//     it back.
//   - InReview is money that waits for the merchant's decision: it comes when it is put
//     under review, and goes again, as a negative amount, when that is decided. Refused
//     money is nobody's takings. Of money that is given back while it waits, that part
//     goes from InReview to Taken.
//   - Refunded is what was given back, when the refund succeeds, whichever day its
//     payment is of.
//
// What a merchant has of a day is so Taken without Refunded, and InReview is to be
// decided about.
type Takings struct {
	Day      cambodia.Day // 0 when those of several days are together
	Hour     int          // from 0 to 23, likewise
	Provider string       // empty when those of several are together
	Method   string       // likewise
	Currency Currency

	Taken, InReview, Refunded Sum
}

// Sum is an amount and how many payments, or refunds, it is of.
type Sum struct {
	Minor int64
	Count int64
}

// Add returns the sum of both.
func (s Sum) Add(other Sum) Sum { return Sum{s.Minor + other.Minor, s.Count + other.Count} }

func (s Sum) minus(other Sum) Sum { return Sum{s.Minor - other.Minor, s.Count - other.Count} }

// Add returns t with the amounts of other, which is of the same currency.
func (t Takings) Add(other Takings) Takings {
	t.Taken, t.InReview, t.Refunded = t.Taken.Add(other.Taken), t.InReview.Add(other.InReview), t.Refunded.Add(other.Refunded)
	return t
}

// Net is what was taken without what was given back.
func (t Takings) Net() int64 { return t.Taken.Minor - t.Refunded.Minor }

// TakingsQuery selects takings of one merchant and mode.
type TakingsQuery struct {
	From, To cambodia.Day // both included

	// By says what takings are grouped by beside the currency.
	By TakingsPart
}

// TakingsPart is what takings are grouped by.
type TakingsPart string

// The parts.
const (
	TakingsByDay    TakingsPart = "day"
	TakingsByHour   TakingsPart = "hour"   // of all days together
	TakingsByMethod TakingsPart = "method" // and provider
)

// ChangedTakings returns what a change of a purchase at now adds to the takings.
func ChangedTakings(before, after Purchase, now time.Time) (changes []Takings) {
	for i, payment := range after.Payments {
		change := after.takings(payment)
		at := now
		if i < len(before.Payments) {
			was := before.takings(before.Payments[i])
			if was == change {
				continue
			}
			change.Taken, change.InReview, change.Refunded = change.Taken.minus(was.Taken), change.InReview.minus(was.InReview), change.Refunded.minus(was.Refunded)
		}
		if !payment.RecordedAt.IsZero() && (i >= len(before.Payments) || before.Payments[i].RecordedAt.IsZero()) {
			at = payment.RecordedAt // so that its day is the one that its row has
		}

		if change.Taken == (Sum{}) && change.InReview == (Sum{}) && change.Refunded == (Sum{}) {
			continue
		}

		at = at.In(cambodia.Zone)
		change.Day, change.Hour = cambodia.DayOf(at), at.Hour()
		changes = append(changes, change)
	}

	return changes
}

// takings is how a payment of the purchase counts now.
func (p *Purchase) takings(payment Payment) Takings {
	t := Takings{Provider: payment.Provider, Method: payment.Method}
	if payment.Proof == nil {
		return t
	}

	t.Currency = payment.Proof.Amount.Currency
	for _, refund := range p.Refunds {
		if refund.PaymentID == payment.ID && refund.Status == RefundSucceeded {
			t.Refunded = t.Refunded.Add(Sum{refund.Amount.Minor, 1})
		}
	}

	all := Sum{payment.Proof.Amount.Minor, 1}
	switch payment.Standing() {
	case StandingTaken:
		t.Taken = all
	case StandingReview:
		t.Taken.Minor = t.Refunded.Minor
		t.InReview = all.minus(Sum{Minor: t.Refunded.Minor})
	case StandingNone:
		t.Taken.Minor = t.Refunded.Minor
	}

	return t
}

// Standing is whose a payment's money is.
type Standing string

// The standings.
const (
	StandingTaken  Standing = "taken"  // the merchant's
	StandingReview Standing = "review" // waits for the merchant's decision
	StandingNone   Standing = "none"   // there is none, or it was refused or is another payment's
)

// Standing is whose the payment's money is now.
func (p Payment) Standing() Standing {
	switch {
	case p.Proof == nil, p.TransactionLost, p.Decision != nil && p.Decision.Decision == DecisionRefuse:
		return StandingNone
	case p.Review != ReviewNone && p.Decision == nil:
		return StandingReview
	}
	return StandingTaken
}
