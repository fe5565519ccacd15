package pages

import (
	"rieltime/checkout"
	"rieltime/web/templates"
)

// notice warns where money may be on its way.
func notice(p checkout.Purchase, at pageState, a pageRequest) *templates.Notice {
	if at.payment == nil {
		return nil
	}

	mayBePaid := (at.payment.NextAction.Kind != checkout.ActionNone || at.payment.Lost()) && at.payment.Proof == nil
	switch at.state {
	case templates.Choosing:
		if at.payment.Lost() {
			return templates.NewNotice(a.lang, templates.NoticeStartUnknown)
		}
		if mayBePaid && (at.payment.Doubtful || !at.payment.Status.Closed()) {
			return templates.NewNotice(a.lang, templates.NoticeOtherPayment)
		}

	case templates.Paid, templates.Duplicate:
		switch {
		case inQuestion(p) != nil:
			return templates.NewNotice(a.lang, templates.NoticeReported, "merchant", p.Merchant.Name)
		case a.report:
			return templates.NewNotice(a.lang, templates.NoticeReportMissing, "merchant", p.Merchant.Name)
		}

	case templates.QRWaiting, templates.QRExpired, templates.AtProvider, templates.Failed, templates.SessionExpired:
		switch {
		case mayBePaid && at.payment.Doubtful:
			return templates.NewNotice(a.lang, templates.NoticeUnreachable)
		case mayBePaid && at.payment.Delayed:
			return templates.NewNotice(a.lang, templates.NoticeDelayed)
		case at.state == templates.AtProvider && declined(at, a) != "":
			return templates.NewNotice(a.lang, templates.NoticeDeclined, "reason", templates.T(a.lang, "reason."+declined(at, a)))
		case mayBePaid && a.checked:
			return templates.NewNotice(a.lang, templates.NoticeNotYet)
		}
	}

	return nil
}

// declined is why the buyer's try was declined at a provider that goes on taking
// money: as the provider says, else as the buyer's browser brought it.
func declined(at pageState, a pageRequest) string {
	for _, reason := range []string{at.payment.FailureCode, a.declined} {
		if templates.HasReason(reason) {
			return reason
		}
	}
	return ""
}
