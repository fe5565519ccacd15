package handlers

import (
	"context"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/web/templates"
)

// showCheckout is GET /c/{session}: the page in whatever state it is. With
// choose=1 it offers the methods although an attempt is open; with go=1 it
// sends the buyer on to the provider.
func (s *server) showCheckout(c echo.Context) error {
	key, keeps := s.pageKey(c)
	if sent, err := s.sendKept(c, key); sent || err != nil {
		return err
	}

	purchase, err := s.purchase(c)
	if err != nil {
		return err
	}

	s.rememberLanguage(c)
	page, err := s.page(c, purchase, s.asked(c, purchase.Session))
	if err != nil {
		return err
	}

	if payment := purchase.Latest(); payment != nil && !payment.NextCheckAt.IsZero() {
		s.service.MarkViewed(payment.ID)
	}

	if page.State == templates.AtProvider && page.Redirect != nil && c.QueryParam("go") == "1" && originOf(page.Redirect.URL) != "" {
		c.Response().Header().Set("Refresh", "0;url="+page.Redirect.URL)
	}

	if keeps && page.State == templates.QRWaiting {
		return s.keepPage(c, key, purchase, page)
	}

	return s.sendPage(c, http.StatusOK, purchase, page)
}

func (s *server) purchase(c echo.Context) (checkout.Purchase, error) {
	id := c.Param("session")
	if err := checkID(id, sessionPrefix); err != nil {
		return checkout.Purchase{}, err
	}
	return s.service.Purchase(c.Request().Context(), id)
}

// asked reads what a page is to be made for.
func (s *server) asked(c echo.Context, session checkout.Session) pageRequest {
	return pageRequest{
		now: s.now(), lang: s.language(c, session), chosen: s.keptLanguage(c, session), device: deviceOf(c.Request().Header), inApp: insideApp(c.Request().UserAgent()),
		choose: c.QueryParam("choose") == "1", leaving: c.QueryParam("go") == "1", checked: c.QueryParam("checked") == "1", hash: c.QueryParam("hash") == "1",
		report: c.QueryParam("report") == "1", declined: c.QueryParam("declined"),
		baseURL: s.baseURL, logo: s.logoURL,
	}
}

// page makes the view of a purchase with its codes drawn.
func (s *server) page(c echo.Context, purchase checkout.Purchase, a pageRequest) (templates.Checkout, error) {
	at := pageStateOf(purchase, a.now, a.choose)
	var offers []checkout.Offer
	var err error
	if at.state == templates.Choosing {
		if offers, err = s.service.Offers(c.Request().Context(), purchase); err != nil {
			return templates.Checkout{}, err
		}
	}

	if at.state == templates.AtProvider {
		if at.payment, err = s.filled(c, *at.payment); err != nil {
			return templates.Checkout{}, err
		}
	}

	page := view(purchase, at, offers, a)
	if page.QR != nil {
		if page.QR.SVG, err = s.codes.svg(page.QR.Text); err != nil {
			return templates.Checkout{}, err
		}
	}

	if page.Receipt != nil {
		page.Receipt.LiveURL = s.receiptURL(purchase.Session.ID)
		page.Receipt.LiveSVG, err = s.codes.svg(page.Receipt.LiveURL)
		page.Receipt.LiveURL = withLanguage(page.Receipt.LiveURL, a.chosen) // who scans it reads another, perhaps
	}

	if page.App != nil && page.App.URL == "" {
		page.App.PageSVG, err = s.codes.svg(s.service.SessionURL(purchase.Session.ID))
	}

	return page, err
}

// filled is a payment with its next action as the buyer needs it now.
func (s *server) filled(c echo.Context, payment checkout.Payment) (*checkout.Payment, error) {
	var err error
	payment.NextAction, err = s.service.NextAction(c.Request().Context(), payment)
	return &payment, err
}

// sendPage sends a page under its own policy.
func (s *server) sendPage(c echo.Context, status int, purchase checkout.Purchase, page templates.Checkout) error {
	s.setPagePolicy(c, purchase, page)
	return render(c, status, templates.CheckoutPage(page))
}

// setPagePolicy sets the policy of a page: its forms may reach the provider's
// page and, by "cancel", the shop; its merchant's own pages may frame it.
func (s *server) setPagePolicy(c echo.Context, purchase checkout.Purchase, page templates.Checkout) {
	targets := []string{purchase.Session.CancelURL}
	if page.FormPost != nil {
		targets = append(targets, page.FormPost.Action)
	}
	s.setPolicy(c, targets...)
	allowFrames(c.Response().Header(), purchase.Merchant.FrameHosts)
}

// sendBack answers a buyer's action that could not be done. What is closed or
// gone shows by itself; what the buyer can correct is said above the choice.
func (s *server) sendBack(c echo.Context, sessionID string, err error, correct func(*templates.Checkout, *checkout.Error)) error {
	var wrong *checkout.Error
	if !errors.As(err, &wrong) {
		return err
	}
	if errors.Is(err, checkout.ErrSessionClosed) || errors.Is(err, checkout.ErrSessionComplete) {
		return c.Redirect(http.StatusSeeOther, withLanguage(pagePath(sessionID), askedLanguage(c)))
	}

	switch wrong.Kind {
	case checkout.KindInvalid, checkout.KindConflict, checkout.KindRateLimited:
	default:
		return err
	}

	purchase, loadErr := s.service.Purchase(context.WithoutCancel(c.Request().Context()), sessionID)
	if loadErr != nil {
		return loadErr
	}

	a := s.asked(c, purchase.Session)
	a.choose = wrong.Kind != checkout.KindRateLimited || errors.Is(err, checkout.ErrLinkHeld)
	page, pageErr := s.page(c, purchase, a)
	if pageErr != nil {
		return pageErr
	}

	switch {
	case errors.Is(err, checkout.ErrLinkSoldOut):
		page.Notice = templates.NewNotice(a.lang, templates.NoticeSoldOut)
	case errors.Is(err, checkout.ErrLinkHeld):
		page.Notice = templates.NewNotice(a.lang, templates.NoticeHeld)
		c.Response().Header().Set("Retry-After", retryAfter(wrong.RetryAfter))
	case wrong.Kind == checkout.KindRateLimited:
		page.Notice = tooManyRequests(c, a.lang, wrong)
	default:
		correct(&page, wrong)
	}

	return s.sendPage(c, statusOf(wrong.Kind), purchase, page)
}
