package pages

import (
	"time"

	"rieltime/checkout"
	"rieltime/web/templates"
)

// reportShownFor is how long "I have paid" is answered with "checking" while
// nothing else is heard.
const reportShownFor = 20 * time.Second

// pageState is where a purchase stands for its buyer: the state of the page and
// the attempt that it speaks of, nil when it speaks of none.
type pageState struct {
	state   templates.State
	payment *checkout.Payment
}

// pageStateOf judges a purchase at now. choose is the buyer's wish for another
// method. Paid is a complete session and nothing else.
func pageStateOf(p checkout.Purchase, now time.Time, choose bool) pageState {
	switch p.Session.Status {
	case checkout.SessionComplete:
		return completeState(p)
	case checkout.SessionOpen:
		if p.Open(now) {
			return openState(p, now, choose)
		}
	}
	return closedState(p, now)
}

func completeState(p checkout.Purchase) pageState {
	if duplicate := newestInReview(p, checkout.ReviewDuplicate); duplicate != nil {
		return pageState{templates.Duplicate, duplicate}
	}
	return pageState{templates.Paid, p.Payment(p.Session.PaymentID)}
}

func openState(p checkout.Purchase, now time.Time, choose bool) pageState {
	latest := p.Latest()
	if choose || latest == nil {
		return pageState{templates.Choosing, latest}
	}
	if money := mismatchedPayment(p); money != nil {
		return pageState{mismatchState(*money), money}
	}
	if money := unconfirmedPayment(p); money != nil {
		return pageState{templates.Claimed, money}
	}

	return pageState{attemptState(*latest, now), latest}
}

// closedState is a session whose time is over, or that was closed early.
// Money may still turn up.
func closedState(p checkout.Purchase, now time.Time) pageState {
	if late := newestInReview(p, checkout.ReviewLate); late != nil {
		if p.Session.Status == checkout.SessionCanceled {
			return pageState{templates.LateCancel, late}
		}
		return pageState{templates.Late, late}
	}

	if money := mismatchedPayment(p); money != nil {
		return pageState{mismatchState(*money), money}
	}
	if money := unconfirmedPayment(p); money != nil {
		return pageState{templates.Claimed, money}
	}

	latest := p.Latest()
	if latest != nil && (reportedPaid(*latest, now) || (p.Session.Status == checkout.SessionOpen && latest.Doubtful)) {
		return pageState{templates.Checking, latest}
	}
	if p.Session.Status == checkout.SessionCanceled {
		return pageState{templates.Canceled, latest}
	}

	return pageState{templates.SessionExpired, latest}
}

// attemptState is the page of the newest attempt while its session is open.
func attemptState(payment checkout.Payment, now time.Time) templates.State {
	switch {
	case payment.NextAction.Kind == checkout.ActionNone && !payment.Status.Closed():
		return templates.Choosing // the provider has not answered yet
	case reportedPaid(payment, now), payment.Status == checkout.PaymentProcessing, payment.Status == checkout.PaymentSucceeded:
		return templates.Checking
	case payment.Status == checkout.PaymentFailed:
		return templates.Failed
	case payment.Status == checkout.PaymentCanceled:
		return templates.Choosing
	}

	over := payment.Status.Closed() || !now.Before(payment.ExpiresAt)
	switch {
	case showsCode(payment) && over:
		return templates.QRExpired
	case showsCode(payment):
		return templates.QRWaiting
	case over:
		return templates.Failed
	}

	return templates.AtProvider
}

// reportedPaid reports whether the buyer's "I have paid" is still being answered:
// for a while, and for as long as the provider gives no answer.
func reportedPaid(payment checkout.Payment, now time.Time) bool {
	if payment.ReportedPaidAt.IsZero() || payment.Proof != nil {
		return false
	}
	return payment.Doubtful || now.Before(payment.ReportedPaidAt.Add(reportShownFor))
}

func showsCode(payment checkout.Payment) bool {
	return payment.NextAction.Kind == checkout.ActionQRCode && payment.NextAction.QRCode != ""
}

// newestInReview finds the newest payment under a review.
func newestInReview(p checkout.Purchase, review checkout.Review) *checkout.Payment {
	for i := len(p.Payments) - 1; i >= 0; i-- {
		if p.Payments[i].Review == review {
			return &p.Payments[i]
		}
	}
	return nil
}

// unconfirmedPayment finds money of which nothing shows that it was for this session,
// while the merchant has not decided about it, unless the buyer has begun
// another attempt since it came.
func unconfirmedPayment(p checkout.Purchase) *checkout.Payment {
	for i := len(p.Payments) - 1; i >= 0; i-- {
		payment := &p.Payments[i]
		open := payment.Decision == nil && (payment.Review == checkout.ReviewClaimed || payment.Review == checkout.ReviewContested)
		if open && payment.ID != p.Session.PaymentID && !p.Latest().CreatedAt.After(payment.Proof.SeenAt) {
			return payment
		}
	}
	return nil
}

// mismatchState says in what money differs from what its attempt asked for.
func mismatchState(payment checkout.Payment) templates.State {
	switch {
	case payment.Proof.Amount.Currency != payment.Amount.Currency:
		return templates.OtherCurrency
	case payment.Proof.Amount != payment.Amount:
		return templates.Mismatch
	}
	return templates.OtherPayee
}

// mismatchedPayment finds money that does not fit, unless the buyer has begun another
// attempt since it came.
func mismatchedPayment(p checkout.Purchase) *checkout.Payment {
	payment := newestInReview(p, checkout.ReviewMismatch)
	if payment == nil || payment.Proof == nil || p.Latest().CreatedAt.After(payment.Proof.SeenAt) {
		return nil
	}
	return payment
}

// closesSoonWithin is how long before its end a session is said to close. A page asks
// every 15 seconds at least, so its buyer has more than two minutes to answer.
const closesSoonWithin = 3 * time.Minute

func closesSoon(p checkout.Purchase, now time.Time) bool {
	return p.Open(now) && p.Session.ExpiresAt.Sub(now) <= closesSoonWithin
}

// nextChange is when a page goes out of date by time alone; zero when only
// events change it.
func nextChange(p checkout.Purchase, at pageState, now time.Time) time.Time {
	var next time.Time
	consider := func(t time.Time) {
		if t.After(now) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	if p.Session.Status == checkout.SessionOpen {
		consider(p.Session.ExpiresAt)
		consider(p.Session.ExpiresAt.Add(-closesSoonWithin))
	}

	if at.payment == nil {
		return next
	}

	switch at.state {
	case templates.Checking:
		if !at.payment.ReportedPaidAt.IsZero() {
			consider(at.payment.ReportedPaidAt.Add(reportShownFor))
		}

	case templates.QRWaiting, templates.AtProvider:
		consider(at.payment.ExpiresAt)
	case templates.SessionExpired, templates.Canceled:
		consider(p.Session.ClosedAt.Add(watchClosedFor))
	}

	return next
}
