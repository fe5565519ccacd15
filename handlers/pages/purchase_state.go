package pages

import (
	"slices"
	"time"

	"rieltime/checkout"
	"rieltime/web/templates"
)

// pageState is the state of a purchase's page, and the payment that the page is
// about; nil when it is about none.
type pageState struct {
	state   templates.State
	payment *checkout.Payment
}

// pageStateOf returns the state of a purchase's page at now; choose means that the
// buyer wants another method. Only a complete session is shown as paid.
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

// completeState is the state of a paid session: paid once, or more than once.
func completeState(p checkout.Purchase) pageState {
	if duplicate := newestInReview(p, checkout.ReviewDuplicate); duplicate != nil {
		return pageState{templates.StateDuplicate, duplicate}
	}
	return pageState{templates.StatePaid, p.Payment(p.Session.PaymentID)}
}

// openState is the state of a session that takes payments.
func openState(p checkout.Purchase, now time.Time, choose bool) pageState {
	latest := p.Latest()
	if choose || latest == nil {
		return pageState{templates.StateChoosing, latest}
	}
	if money := mismatchedPayment(p); money != nil {
		return pageState{mismatchState(*money), money}
	}
	if money := unconfirmedPayment(p); money != nil {
		return pageState{templates.StateClaimed, money}
	}

	if claimKept(p) {
		return pageState{templates.StateChecking, latest}
	}

	return pageState{attemptState(*latest, now), latest}
}

// closedState is the state of a session that expired or was canceled. Money may
// still arrive.
func closedState(p checkout.Purchase, now time.Time) pageState {
	if late := newestInReview(p, checkout.ReviewLate); late != nil {
		if p.Session.Status == checkout.SessionCanceled {
			return pageState{templates.StateLateCancel, late}
		}
		return pageState{templates.StateLate, late}
	}

	if money := mismatchedPayment(p); money != nil {
		return pageState{mismatchState(*money), money}
	}
	if money := unconfirmedPayment(p); money != nil {
		return pageState{templates.StateClaimed, money}
	}

	latest := p.Latest()
	if latest != nil && (reportedPaid(*latest, now) || claimKept(p) || (p.Session.Status == checkout.SessionOpen && latest.Doubtful)) {
		return pageState{templates.StateChecking, latest}
	}
	if p.Session.Status == checkout.SessionCanceled {
		return pageState{templates.StateCanceled, latest}
	}

	return pageState{templates.StateSessionExpired, latest}
}

// attemptState is the state for the newest payment while its session is open.
func attemptState(payment checkout.Payment, now time.Time) templates.State {
	switch {
	case payment.NextAction.Kind == checkout.ActionNone && !payment.Status.Closed():
		return templates.StateChoosing // the provider has not answered yet
	case reportedPaid(payment, now), payment.Status == checkout.PaymentProcessing, payment.Status == checkout.PaymentSucceeded:
		return templates.StateChecking
	case payment.Status == checkout.PaymentFailed:
		return templates.StateFailed
	case payment.Status == checkout.PaymentCanceled:
		return templates.StateChoosing
	}

	over := payment.Status.Closed() || !now.Before(payment.ExpiresAt)
	switch {
	case showsCode(payment) && over:
		return templates.StateQRExpired
	case showsCode(payment):
		return templates.StateQRWaiting
	case over:
		return templates.StateFailed
	}

	return templates.StateAtProvider
}

// reportedPaid reports whether the buyer's "I have paid" is still being checked:
// for a while, and as long as the provider gives no clear answer.
func reportedPaid(payment checkout.Payment, now time.Time) bool {
	if payment.ReportedPaidAt.IsZero() || payment.Proof != nil {
		return false
	}
	return payment.Doubtful || now.Before(payment.ReportedPaidAt.Add(checkout.ReportHeldFor))
}

// claimKept reports whether what the buyer entered about a payment is still to be looked
// up, unless the buyer has started another payment since.
func claimKept(p checkout.Purchase) bool {
	latest := p.Latest()
	return latest != nil && slices.ContainsFunc(p.Session.KeptClaims, func(claim checkout.KeptClaim) bool {
		return !latest.CreatedAt.After(claim.KeptAt)
	})
}

// showsCode reports whether a payment is made by scanning a QR code.
func showsCode(payment checkout.Payment) bool {
	return payment.NextAction.Kind == checkout.ActionQRCode && payment.NextAction.QRCode != ""
}

// newestInReview returns the newest payment with a review of this kind; nil if there
// is none.
func newestInReview(p checkout.Purchase, review checkout.Review) *checkout.Payment {
	for i := len(p.Payments) - 1; i >= 0; i-- {
		if p.Payments[i].Review == review {
			return &p.Payments[i]
		}
	}
	return nil
}

// unconfirmedPayment returns money that nothing ties to this session but a hash or a
// disputed claim, while the merchant has not decided about it and the buyer has
// started no other payment since; nil if there is none.
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

// mismatchState says how money differs from what its payment asked for.
func mismatchState(payment checkout.Payment) templates.State {
	switch {
	case payment.Proof.Amount.Currency != payment.Amount.Currency:
		return templates.StateOtherCurrency
	case payment.Proof.Amount != payment.Amount:
		return templates.StateMismatch
	}
	return templates.StateOtherPayee
}

// mismatchedPayment returns money that does not fit the order, unless the buyer has
// started another payment since; nil if there is none.
func mismatchedPayment(p checkout.Purchase) *checkout.Payment {
	payment := newestInReview(p, checkout.ReviewMismatch)
	if payment == nil || payment.Proof == nil || p.Latest().CreatedAt.After(payment.Proof.SeenAt) {
		return nil
	}
	return payment
}

// closesSoonWithin is how long before its end a page warns that its session closes.
// A page polls every 15 seconds at least, so its buyer has more than two minutes
// to react.
const closesSoonWithin = 3 * time.Minute

// closesSoon reports whether an open session is about to end.
func closesSoon(p checkout.Purchase, now time.Time) bool {
	return p.Open(now) && p.Session.ExpiresAt.Sub(now) <= closesSoonWithin
}

// nextChange is when a page next goes out of date by time alone; zero when only
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
	case templates.StateChecking:
		if !at.payment.ReportedPaidAt.IsZero() {
			consider(at.payment.ReportedPaidAt.Add(checkout.ReportHeldFor))
		}

	case templates.StateQRWaiting, templates.StateAtProvider:
		consider(at.payment.ExpiresAt)
	case templates.StateSessionExpired, templates.StateCanceled:
		consider(p.Session.ClosedAt.Add(watchClosedFor))
	}

	return next
}
