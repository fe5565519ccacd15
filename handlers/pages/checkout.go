package pages

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"rieltime/web/templates"
)

// showCheckout is GET /c/{session}: the page in whatever state it is. With
// choose=1 it offers the methods although an attempt is open; with go=1 it
// sends the buyer on to the provider.
func (s *Server) showCheckout(c echo.Context) error {
	// A page that shows a code is reloaded often: most reloads end here.
	key, cacheable := s.pageKey(c)
	if sent, err := s.sendCached(c, key); sent || err != nil {
		return err
	}

	purchase, err := s.loadPurchase(c)
	if err != nil {
		return err
	}

	s.setLanguageCookie(c)
	page, err := s.checkoutPage(c, purchase, s.pageRequest(c, purchase.Session))
	if err != nil {
		return err
	}

	// The verifier asks about payments first whose buyers are looking.
	if payment := purchase.Latest(); payment != nil && !payment.NextCheckAt.IsZero() {
		s.verifier.MarkViewed(payment.ID)
	}

	if page.State == templates.StateAtProvider && page.Redirect != nil && c.QueryParam("go") == "1" && originOf(page.Redirect.URL) != "" {
		c.Response().Header().Set("Refresh", "0;url="+page.Redirect.URL)
	}

	if cacheable && page.State == templates.StateQRWaiting {
		return s.sendAndCache(c, key, purchase, page)
	}

	return s.sendPage(c, http.StatusOK, purchase, page)
}
