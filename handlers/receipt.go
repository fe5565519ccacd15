package handlers

import (
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/web/templates"
)

const (
	receiptRoute = "/r/:token"
	shortHash    = 8 // hex digits that bank apps show of a transaction's hash
	fullHash     = 64
)

// receiptURL is the page that says whether a session is paid. Its token opens
// that page and nothing else: whoever is shown a receipt cannot act for its
// buyer. Empty when the server has no key.
func (s *server) receiptURL(sessionID string) string {
	token := s.receipts.seal(sessionID)
	if token == "" {
		return ""
	}
	return s.baseURL + "/r/" + token
}

// showReceipt is GET /r/{token}: the live state of a purchase; with cashier=1
// the large answer alone.
func (s *server) showReceipt(c echo.Context) error {
	token := c.Param("token")
	id, ok := s.receipts.open(token)
	if !ok {
		return checkout.ErrNotFound
	}

	purchase, err := s.service.Purchase(c.Request().Context(), id)
	if err != nil {
		return err
	}

	s.rememberLanguage(c)
	page := receiptView(purchase, pageRequest{now: s.now(), lang: s.language(c, checkout.Session{Locale: purchase.Session.Locale}), chosen: askedLanguage(c), baseURL: s.baseURL, logo: s.logoURL},
		"/r/"+token, c.QueryParam("cashier") == "1")
	if page.Receipt != nil {
		page.Receipt.LiveURL = s.receiptURL(id)
		if page.Receipt.LiveSVG, err = s.codes.svg(page.Receipt.LiveURL); err != nil {
			return err
		}
	}

	s.setPolicy(c)
	return render(c, http.StatusOK, templates.ReceiptPage(page))
}

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
	if status == templates.LiveChecking || session.Status == checkout.SessionOpen {
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
			return templates.LiveRefunded, paid
		}
		if paid != nil && paid.Review == checkout.ReviewContested && paid.Decision == nil {
			return templates.LiveReview, paid
		}
		if reviewed(p, checkout.ReviewDuplicate) != nil {
			return templates.LiveDuplicate, paid
		}

		return templates.LivePaid, paid
	}

	for _, review := range []checkout.Review{checkout.ReviewLate, checkout.ReviewMismatch, checkout.ReviewClaimed, checkout.ReviewContested} {
		if payment := reviewed(p, review); payment != nil {
			return templates.LiveReview, payment
		}
	}

	latest := p.Latest()
	if latest != nil && (latest.NextAction.Kind != checkout.ActionNone || latest.Lost()) && (p.Open(now) || latest.Doubtful || reportedPaid(*latest, now)) {
		return templates.LiveChecking, nil
	}

	return templates.LiveUnpaid, nil
}

// receipt is what a payment's proof says; only what differs from the order is
// said of the amount.
func receipt(p checkout.Purchase, payment checkout.Payment, a pageRequest) *templates.Receipt {
	proof := *payment.Proof
	r := &templates.Receipt{
		PaidAt: templates.FormatTime(a.lang, paidAt(proof)), Method: methodName(payment, a.lang),
		TransactionID: proof.TransactionID, Reference: payment.Reference,
	}
	if id := proof.TransactionID; len(id) == fullHash && strings.Trim(id, "0123456789abcdef") == "" {
		r.ShortHash = id[:shortHash]
	}

	if payment.Refunded > 0 {
		r.Refunded = amount(a.lang, checkout.Money{Minor: payment.Refunded, Currency: proof.Amount.Currency})
	}

	if proof.Amount != p.Session.Amount {
		r.Amount = amount(a.lang, proof.Amount)
	}

	return r
}

// paidAt is when money was moved, as far as it is known.
func paidAt(proof checkout.Proof) time.Time {
	if proof.PaidAt.IsZero() {
		return proof.SeenAt
	}
	return proof.PaidAt
}
