package pages

import (
	"time"

	"rieltime/checkout"
	"rieltime/web/templates"
)

// receiptView makes the view of a purchase for whoever scans its receipt. It
// says nothing about the buyer.
func receiptView(p checkout.Purchase, a pageRequest, path string, cashier bool) templates.ReceiptView {
	session, merchant := p.Session, p.Merchant
	status, payment := receiptStateOf(p, a.now)
	r := templates.ReceiptView{
		Page:   templates.Page{Lang: a.lang, Path: path, URL: a.baseURL + path, Assets: assets(merchant.Accent)},
		Status: status, Cashier: cashier, Test: session.Mode == checkout.ModeTest,
		Merchant: templates.Merchant{Name: merchant.Name},
		Amount:   amount(a.lang, session.Amount), Reference: session.Reference,
		CheckedAt: templates.FormatSecond(a.now), Address: a.baseURL + "/",
		Links: templates.ReceiptLinks{Here: path, Other: path + "?cashier=1"},
	}
	if cashier {
		r.Links.Here, r.Links.Other = r.Links.Other, r.Links.Here
		r.Path = r.Links.Here
	}

	r.URL, r.Links.Here, r.Links.Other = withLanguage(r.URL, a.chosen), withLanguage(r.Links.Here, a.chosen), withLanguage(r.Links.Other, a.chosen)
	if status == templates.ReceiptChecking || session.Status == checkout.SessionOpen {
		r.PollSeconds = max(pace(a.now.Sub(session.CreatedAt)), noScriptPause)
		r.RefreshSeconds = r.PollSeconds
	}

	if payment != nil && payment.Proof != nil {
		r.Receipt = receipt(p, *payment, a)
		r.Age = templates.Age(a.lang, int(a.now.Sub(paidAt(*payment.Proof))/time.Minute))
	}

	return r
}

// receiptStateOf answers whether a purchase is paid, and by which payment. Paid is
// a complete session and nothing else.
func receiptStateOf(p checkout.Purchase, now time.Time) (templates.ReceiptState, *checkout.Payment) {
	if p.Session.Status == checkout.SessionComplete {
		paid := p.Payment(p.Session.PaymentID)
		if paid != nil && paid.GivenBack() {
			return templates.ReceiptRefunded, paid
		}
		if paid != nil && paid.Review == checkout.ReviewContested && paid.Decision == nil {
			return templates.ReceiptReview, paid
		}
		if reviewed(p, checkout.ReviewDuplicate) != nil {
			return templates.ReceiptDuplicate, paid
		}

		return templates.ReceiptPaid, paid
	}

	for _, review := range []checkout.Review{checkout.ReviewLate, checkout.ReviewMismatch, checkout.ReviewClaimed, checkout.ReviewContested} {
		if payment := reviewed(p, review); payment != nil {
			return templates.ReceiptReview, payment
		}
	}

	latest := p.Latest()
	if latest != nil && (latest.NextAction.Kind != checkout.ActionNone || latest.Lost()) && (p.Open(now) || latest.Doubtful || reportedPaid(*latest, now)) {
		return templates.ReceiptChecking, nil
	}

	return templates.ReceiptUnpaid, nil
}
