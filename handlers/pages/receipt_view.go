package pages

import (
	"time"

	"rieltime/checkout"
	"rieltime/handlers/internal/pace"
	"rieltime/web/templates"
)

// receiptView makes the page for whoever scans a purchase's receipt. It shows
// nothing about the buyer.
func receiptView(p checkout.Purchase, req pageRequest, path string, cashier bool) templates.ReceiptView {
	session, merchant := p.Session, p.Merchant
	status, payment := receiptStateOf(p, req.now)
	r := templates.ReceiptView{
		Page:   templates.Page{Lang: req.lang, Path: path, URL: req.baseURL + path, Assets: assets(merchant.Accent)},
		Status: status, Cashier: cashier, Test: session.Mode == checkout.ModeTest,
		Merchant: templates.Merchant{Name: merchant.Name},
		Amount:   formatAmount(req.lang, session.Amount), Reference: session.Reference,
		CheckedAt: templates.FormatSecond(req.now), Address: req.baseURL + "/",
		Links: templates.ReceiptLinks{Here: path, Other: path + "?cashier=1"},
	}
	if cashier {
		r.Links.Here, r.Links.Other = r.Links.Other, r.Links.Here
		r.Path = r.Links.Here
	}

	r.URL, r.Links.Here, r.Links.Other = withLanguage(r.URL, req.chosen), withLanguage(r.Links.Here, req.chosen), withLanguage(r.Links.Other, req.chosen)
	if status == templates.ReceiptChecking || session.Status == checkout.SessionOpen {
		r.PollSeconds = max(pace.Interval(req.now.Sub(session.CreatedAt)), noScriptPause)
		r.RefreshSeconds = r.PollSeconds
	}

	if payment != nil && payment.Proof != nil {
		r.Receipt = receiptOf(p, *payment, req)
		r.Age = templates.Age(req.lang, int(req.now.Sub(paidAt(*payment.Proof))/time.Minute))
	}

	return r
}

// receiptStateOf returns whether a purchase is paid, and by which payment. Only a
// complete session is paid.
func receiptStateOf(p checkout.Purchase, now time.Time) (templates.ReceiptState, *checkout.Payment) {
	if p.Session.Status == checkout.SessionComplete {
		paid := p.Payment(p.Session.PaymentID)
		if paid != nil && paid.GivenBack() {
			return templates.ReceiptRefunded, paid
		}
		if paid != nil && paid.Review == checkout.ReviewContested && paid.Decision == nil {
			return templates.ReceiptReview, paid
		}
		if newestInReview(p, checkout.ReviewDuplicate) != nil {
			return templates.ReceiptDuplicate, paid
		}

		return templates.ReceiptPaid, paid
	}

	for _, review := range []checkout.Review{checkout.ReviewLate, checkout.ReviewMismatch, checkout.ReviewClaimed, checkout.ReviewContested} {
		if payment := newestInReview(p, review); payment != nil {
			return templates.ReceiptReview, payment
		}
	}

	latest := p.Latest()
	if latest != nil && (latest.NextAction.Kind != checkout.ActionNone || latest.Lost()) && (p.Open(now) || latest.Doubtful || reportedPaid(*latest, now)) {
		return templates.ReceiptChecking, nil
	}

	return templates.ReceiptUnpaid, nil
}
