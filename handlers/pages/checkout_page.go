package pages

import (
	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/handlers/internal/request"
	"rieltime/web/templates"
)

// loadPurchase loads the purchase of the session in the path.
func (s *Server) loadPurchase(c echo.Context) (checkout.Purchase, error) {
	id, err := request.PathID(c, "session", request.SessionPrefix)
	if err != nil {
		return checkout.Purchase{}, err
	}
	return s.purchase(c.Request().Context(), id)
}

// pageRequest reads from a request what its page depends on.
func (s *Server) pageRequest(c echo.Context, session checkout.Session) pageRequest {
	return pageRequest{
		now: s.now(), lang: s.language(c, session), chosen: s.carriedLanguage(c, session),
		device: deviceOf(c.Request().Header), inApp: insideApp(c.Request().UserAgent()),
		choose: c.QueryParam("choose") == "1", currency: checkout.Currency(c.FormValue("currency")), going: c.QueryParam("go") == "1", checking: c.QueryParam("checked") == "1",
		hashOpen: c.QueryParam("hash") == "1", report: c.QueryParam("report") == "1", declined: c.QueryParam("declined"),
		baseURL: s.baseURL, logoAddress: s.logoURL, provider: s.service.ProviderInfo, knowsHashes: s.service.KnowsHashes,
	}
}

// checkoutPage makes the view of a purchase and draws the codes on it.
func (s *Server) checkoutPage(c echo.Context, purchase checkout.Purchase, req pageRequest) (templates.Checkout, error) {
	at := pageStateOf(purchase, req.now, req.choose)

	// Only the choice needs the offers, of a method or of a currency for a code, and only a
	// payment at its provider the next action as the provider gives it now.
	var offers []checkout.Offer
	var err error
	switch at.state {
	case templates.StateChoosing:
		if offers, err = s.service.Offers(c.Request().Context(), purchase); err != nil {
			return templates.Checkout{}, err
		}

	case templates.StateQRWaiting, templates.StateQRExpired:
		if len(purchase.Session.Converted) > 0 {
			if offers, err = s.service.Offers(c.Request().Context(), purchase); err != nil {
				return templates.Checkout{}, err
			}
		}

	case templates.StateAtProvider:
		payment := *at.payment // a copy: the purchase stays as it was loaded
		if payment.NextAction, err = s.service.NextAction(c.Request().Context(), payment); err != nil {
			return templates.Checkout{}, err
		}
		at.payment = &payment
	}

	page := checkoutView(purchase, at, offers, req)
	if page.AskHash {
		if page.AskReference, err = s.service.FindsReferences(c.Request().Context(), purchase); err != nil {
			return templates.Checkout{}, err
		}
	}
	if err := s.drawCodes(&page, req.chosen); err != nil {
		return templates.Checkout{}, err
	}

	return page, nil
}

// drawCodes draws the QR codes that a page shows: the payment's, the receipt's
// and, on a computer, the page's own for a phone.
func (s *Server) drawCodes(page *templates.Checkout, chosen string) (err error) {
	if page.QR != nil {
		if page.QR.SVG, err = codeSVG(page.QR.Text); err != nil {
			return err
		}
	}

	if page.Receipt != nil {
		address := s.ReceiptURL(page.SessionID)
		if page.Receipt.LiveSVG, err = codeSVG(address); err != nil {
			return err
		}
		page.Receipt.LiveURL = withLanguage(address, chosen) // the code carries none: its reader may prefer another
	}

	if page.App != nil && page.App.URL == "" {
		if page.App.PageSVG, err = codeSVG(s.service.SessionURL(page.SessionID)); err != nil {
			return err
		}
	}

	return nil
}

// sendPage sends a page under its own policy.
func (s *Server) sendPage(c echo.Context, status int, purchase checkout.Purchase, page templates.Checkout) error {
	s.setPagePolicy(c, purchase, page)
	return render(c, status, templates.CheckoutPage(page))
}

// setPagePolicy sets the policy of a page: its forms may lead to the provider's
// page and, by "cancel", to the shop; the merchant's own pages may frame it.
func (s *Server) setPagePolicy(c echo.Context, purchase checkout.Purchase, page templates.Checkout) {
	targets := []string{purchase.Session.CancelURL}
	if page.FormPost != nil {
		targets = append(targets, page.FormPost.Action)
	}
	s.setPolicy(c, targets...)
	allowFrames(c.Response().Header(), purchase.Merchant.FrameHosts)
}
