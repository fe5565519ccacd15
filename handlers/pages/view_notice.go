package pages

import (
	"rieltime/checkout"
	"rieltime/web/templates"
)

// noticeFor warns where money may be on its way, so that nobody pays twice.
func noticeFor(p checkout.Purchase, at pageState, req pageRequest) *templates.Notice {
	if at.payment == nil {
		return nil
	}

	mayBePaid := (at.payment.NextAction.Kind != checkout.ActionNone || at.payment.Lost()) && at.payment.Proof == nil
	switch at.state {
	case templates.StateChoosing:
		if at.payment.Lost() {
			return templates.NewNotice(req.lang, templates.NoticeStartUnknown)
		}
		if mayBePaid && (at.payment.Doubtful || !at.payment.Status.Closed()) {
			return templates.NewNotice(req.lang, templates.NoticeOtherPayment)
		}

	case templates.StateChecking:
		if claimKept(p) {
			return templates.NewNotice(req.lang, templates.NoticeClaimKept)
		}

	case templates.StatePaid, templates.StateDuplicate:
		switch {
		case claimKept(p):
			return templates.NewNotice(req.lang, templates.NoticeClaimKept)
		case unconfirmedPayment(p) != nil:
			return templates.NewNotice(req.lang, templates.NoticeReported, "merchant", p.Merchant.Name)
		case req.report:
			return templates.NewNotice(req.lang, templates.NoticeReportMissing, "merchant", p.Merchant.Name)
		}

	case templates.StateQRWaiting, templates.StateQRExpired, templates.StateAtProvider, templates.StateFailed, templates.StateSessionExpired:
		switch {
		case mayBePaid && at.payment.Doubtful:
			return templates.NewNotice(req.lang, templates.NoticeUnreachable)
		case mayBePaid && at.payment.Delayed:
			return templates.NewNotice(req.lang, templates.NoticeDelayed)
		case at.state == templates.StateAtProvider && declineReason(at, req) != "":
			return templates.NewNotice(req.lang, templates.NoticeDeclined, "reason", templates.T(req.lang, "reason."+declineReason(at, req)))
		case mayBePaid && req.checking:
			return templates.NewNotice(req.lang, templates.NoticeNotYet)
		}
	}

	return nil
}

// declineReason is why a provider that still accepts payment declined the buyer's
// try: as the provider says, else as the buyer's browser said when it came back.
func declineReason(at pageState, req pageRequest) string {
	for _, reason := range []string{at.payment.FailureCode, req.declined} {
		if templates.HasReason(reason) {
			return reason
		}
	}
	return ""
}
