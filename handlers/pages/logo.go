package pages

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
)

// logoURL is where a page loads a logo from, always our own host; empty when the
// logo cannot be shown.
func (s *Server) logoURL(address string) string {
	if own := ownURL(address, s.baseURL); own != "" || originOf(address) == "" {
		return own
	}
	if token := s.logos.seal.seal(address); token != "" {
		return logosPath + token
	}
	return ""
}

// showLogo is GET /logos/{token}: a logo fetched from another host.
func (s *Server) showLogo(c echo.Context) error {
	address, ok := s.logos.seal.open(c.Param("token"))
	if !ok {
		return checkout.ErrNotFound
	}
	found := s.logos.get(c.Request().Context(), address)
	if found.contentType == "" { // the page shows the name alone
		return c.NoContent(http.StatusNoContent)
	}
	c.Response().Header().Set(echo.HeaderCacheControl, logoCacheLong)
	return c.Blob(http.StatusOK, found.contentType, found.body)
}
