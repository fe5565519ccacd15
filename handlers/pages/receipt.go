package pages

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/web/templates"
)

// ReceiptURL is the address of the page that says whether a session is paid. Its
// token opens that page and nothing else: whoever is shown a receipt cannot act
// for its buyer. It is empty when the server has no session key.
func (s *Server) ReceiptURL(sessionID string) string {
	token := s.receipts.seal(sessionID)
	if token == "" {
		return ""
	}
	return s.baseURL + "/r/" + token
}

// showReceipt is GET /r/{token}: whether a purchase is paid now; with cashier=1
// only that, in large letters.
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

	s.setLanguageCookie(c)
	req := pageRequest{
		now: s.now(), lang: s.language(c, checkout.Session{Locale: purchase.Session.Locale}), // not the buyer's language: others read it
		chosen: requestedLanguage(c), baseURL: s.baseURL, logoAddress: s.logoURL, provider: s.service.ProviderInfo, knowsHashes: s.service.KnowsHashes,
	}
	page := receiptView(purchase, req, "/r/"+token, c.QueryParam("cashier") == "1")
	if page.Receipt != nil {
		page.Receipt.LiveURL = s.ReceiptURL(id)
		if page.Receipt.LiveSVG, err = codeSVG(page.Receipt.LiveURL); err != nil {
			return err
		}
	}

	s.setPolicy(c)
	return render(c, http.StatusOK, templates.ReceiptPage(page))
}
