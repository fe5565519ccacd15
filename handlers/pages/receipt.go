package pages

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/web/templates"
)

// receiptURL is the page that says whether a session is paid. Its token opens
// that page and nothing else: whoever is shown a receipt cannot act for its
// buyer. Empty when the server has no key.
func (s *Server) receiptURL(sessionID string) string {
	token := s.receipts.seal(sessionID)
	if token == "" {
		return ""
	}
	return s.baseURL + "/r/" + token
}

// showReceipt is GET /r/{token}: the live state of a purchase; with cashier=1
// the large answer alone.
func (s *Server) showReceipt(c echo.Context) error {
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
