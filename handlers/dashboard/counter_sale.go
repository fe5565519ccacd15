package dashboard

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/checkout/users"
	"rieltime/handlers/internal/pace"
	"rieltime/web/templates"
	"rieltime/web/templates/dashboard"
)

// saleWatchedFor is how long the page of a sale that is over goes on polling.
const saleWatchedFor = 10 * time.Minute

// ownSale loads the sale of the path. Whoever sees all payments sees everybody's sales,
// others their own: any other is unknown.
func (s *Server) ownSale(c echo.Context, v viewer) (checkout.Purchase, error) {
	purchase, err := s.ownSession(c, v)
	if err != nil {
		return checkout.Purchase{}, err
	}

	cashier := purchase.Session.CashierID
	if cashier == "" || cashier != v.user.ID && !v.may(users.ViewPayments) {
		return checkout.Purchase{}, checkout.ErrNotFound
	}
	return purchase, nil
}

func (s *Server) showSale(c echo.Context, v viewer) error {
	purchase, err := s.ownSale(c, v)
	if err != nil {
		return err
	}
	view, err := s.saleView(c, v, purchase)
	if err != nil {
		return err
	}
	return render(c, http.StatusOK, dashboard.SalePage(view))
}

// showSaleStatus is what an open page of a sale polls: empty while the page still holds.
func (s *Server) showSaleStatus(c echo.Context, v viewer) error {
	purchase, err := s.ownSale(c, v)
	if err != nil {
		return err
	}

	if payment := purchase.Latest(); payment != nil && payment.IsWatched() && purchase.Session.Status == checkout.SessionOpen {
		s.verifier.MarkViewed(payment.ID)
	}

	view, err := s.saleView(c, v, purchase)
	if err != nil {
		return err
	}
	if view.Shown == c.QueryParam("shown") {
		return c.NoContent(http.StatusNoContent)
	}
	return render(c, http.StatusOK, dashboard.SalePart(view))
}

// renewCode makes another code of a sale, whose last one is over or never came.
func (s *Server) renewCode(c echo.Context, v viewer) error {
	purchase, err := s.ownSale(c, v)
	if err != nil {
		return err
	}
	if state, _ := saleState(purchase, s.now()); state == dashboard.SaleNoCode || state == dashboard.SaleCodeOver {
		if err := s.startCode(c, v, purchase.Session.ID); err != nil {
			return err
		}
	}
	return c.Redirect(http.StatusSeeOther, v.path("/counter/"+purchase.Session.ID))
}

// cancelSale ends a sale. One that is over already shows how it ended.
func (s *Server) cancelSale(c echo.Context, v viewer) error {
	purchase, err := s.ownSale(c, v)
	if err != nil {
		return err
	}
	if _, err := s.service.ExpireSession(v.context(c), purchase.Session.ID); err != nil && !checkout.ErrSessionComplete.Is(err) && !checkout.ErrSessionClosed.Is(err) {
		return err
	}
	return c.Redirect(http.StatusSeeOther, v.path("/counter/"+purchase.Session.ID))
}

// saleState is how a sale stands at now, and the attempt that its code is of.
func saleState(p checkout.Purchase, now time.Time) (dashboard.SaleState, *checkout.Payment) {
	if p.Session.Status == checkout.SessionComplete {
		return dashboard.SalePaid, p.Payment(p.Session.PaymentID)
	}
	if !p.Open(now) {
		return dashboard.SaleClosed, p.Latest()
	}

	payment := p.Latest()
	switch {
	case payment == nil, payment.Status == checkout.PaymentFailed:
		return dashboard.SaleNoCode, payment
	case payment.NextAction.Kind != checkout.ActionQRCode: // lost, or the buyer has chosen another way by the link
		return dashboard.SaleElsewhere, payment
	case payment.Status.Closed(), !now.Before(payment.ExpiresAt):
		return dashboard.SaleCodeOver, payment
	}
	return dashboard.SaleCode, payment
}

// saleSentence says in one sentence what a cashier should do about money that is not simply
// there; empty when nothing is to be done.
func saleSentence(v viewer, p checkout.Purchase) string {
	for i := range p.Payments {
		payment := p.Payments[len(p.Payments)-1-i]
		if payment.Review == checkout.ReviewNone || payment.Decision != nil {
			continue
		}

		came, why := payment.Amount, string(payment.Review)
		if payment.Proof != nil {
			came = payment.Proof.Amount
		}
		if payment.Review == checkout.ReviewMismatch && came == payment.Amount {
			why = "other_payee"
		}
		return dashboard.T(v.lang, "counter.say_"+why, "amount", formatMoney(v, came), "asked", formatMoney(v, p.Session.Amount))
	}
	return ""
}

func (s *Server) saleView(c echo.Context, v viewer, p checkout.Purchase) (dashboard.Sale, error) {
	now, id := s.now(), p.Session.ID
	state, payment := saleState(p, now)
	view := dashboard.Sale{
		Page: s.titled(c, v, "counter", "counter.sale"), ID: id, URL: v.path("/counter/" + id), NextURL: v.path("/counter"),
		State: state, Amount: formatMoney(v, p.Session.Amount), Note: p.Session.Description, Sentence: saleSentence(v, p),
		LinkURL: s.service.SessionURL(id), PurchaseURL: v.pathFor(users.ViewPayments, "/sessions/"+id), Until: templates.FormatUntil(v.lang, p.Session.ExpiresAt, now),
	}
	view.TelegramURL = "https://t.me/share/url?" + url.Values{"url": {view.LinkURL}, "text": {view.Amount + " · " + v.merchant.Name}}.Encode()

	var err error
	switch state {
	case dashboard.SaleCode:
		view.PictureURL = view.LinkURL + "/qr.png?code=" + url.QueryEscape(payment.Reference)
		view.SVG, err = templates.QRSVG(payment.NextAction.QRCode)
	case dashboard.SaleNoCode, dashboard.SaleElsewhere:
		view.SVG, err = templates.QRSVG(view.LinkURL)
	case dashboard.SalePaid:
		view.PaidAt = templates.FormatClock(p.Session.ClosedAt)
	}

	view.Shown = strconv.Itoa(p.Session.Version) + string(state)
	if watchesSale(p, state, now) {
		s.addSalePoll(&view, p, payment)
	}
	return view, err
}

// watchesSale reports whether the page of a sale polls: until it is over, and a while more
// for money that was on its way, or comes twice.
func watchesSale(p checkout.Purchase, state dashboard.SaleState, now time.Time) bool {
	switch state {
	case dashboard.SalePaid:
		return now.Sub(p.Session.ClosedAt) < saleWatchedFor
	case dashboard.SaleClosed:
		return now.Sub(p.Session.ExpiresAt) < saleWatchedFor
	}
	return true
}

// addSalePoll has a page poll at the pace of the buyer's. What the page shows is in the
// poll's address.
func (s *Server) addSalePoll(view *dashboard.Sale, p checkout.Purchase, payment *checkout.Payment) {
	since := p.Session.CreatedAt
	if payment != nil {
		since = payment.CreatedAt
	}
	view.PollSeconds = pace.Interval(s.now().Sub(since))
	view.Shown += strconv.Itoa(view.PollSeconds)
	view.PollURL = view.URL + "/status?" + url.Values{"shown": {view.Shown}, "lang": {view.Lang}}.Encode()
	view.Refresh = max(view.PollSeconds, refreshPause)
}

const refreshPause = 5 // seconds between two loads of a page without JavaScript
