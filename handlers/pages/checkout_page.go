package pages

import (
	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/handlers/internal/request"
	"rieltime/web/templates"
)

func (s *Server) purchase(c echo.Context) (checkout.Purchase, error) {
	id := c.Param("session")
	if err := request.CheckID(id, request.SessionPrefix); err != nil {
		return checkout.Purchase{}, err
	}
	return s.service.Purchase(c.Request().Context(), id)
}

// asked reads what a page is to be made for.
func (s *Server) asked(c echo.Context, session checkout.Session) pageRequest {
	return pageRequest{
		now: s.now(), lang: s.language(c, session), chosen: s.keptLanguage(c, session), device: deviceOf(c.Request().Header), inApp: insideApp(c.Request().UserAgent()),
		choose: c.QueryParam("choose") == "1", leaving: c.QueryParam("go") == "1", checked: c.QueryParam("checked") == "1", hash: c.QueryParam("hash") == "1",
		report: c.QueryParam("report") == "1", declined: c.QueryParam("declined"),
		baseURL: s.baseURL, logo: s.logoURL,
	}
}

// page makes the view of a purchase with its codes drawn.
func (s *Server) page(c echo.Context, purchase checkout.Purchase, a pageRequest) (templates.Checkout, error) {
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
func (s *Server) filled(c echo.Context, payment checkout.Payment) (*checkout.Payment, error) {
	var err error
	payment.NextAction, err = s.service.NextAction(c.Request().Context(), payment)
	return &payment, err
}

// sendPage sends a page under its own policy.
func (s *Server) sendPage(c echo.Context, status int, purchase checkout.Purchase, page templates.Checkout) error {
	s.setPagePolicy(c, purchase, page)
	return render(c, status, templates.CheckoutPage(page))
}

// setPagePolicy sets the policy of a page: its forms may reach the provider's
// page and, by "cancel", the shop; its merchant's own pages may frame it.
func (s *Server) setPagePolicy(c echo.Context, purchase checkout.Purchase, page templates.Checkout) {
	targets := []string{purchase.Session.CancelURL}
	if page.FormPost != nil {
		targets = append(targets, page.FormPost.Action)
	}
	s.setPolicy(c, targets...)
	allowFrames(c.Response().Header(), purchase.Merchant.FrameHosts)
}
