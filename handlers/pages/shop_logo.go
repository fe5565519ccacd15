package pages

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// shopLogosPath is the path of the pictures that merchants have uploaded; the merchant's
// id and the picture's hash follow.
const shopLogosPath = logosPath + "shop/"

const shopLogoCache = "public, max-age=31536000, immutable" // another picture has another address

// ShopLogoURL is the address of a picture that a merchant has uploaded.
func (s *Server) ShopLogoURL(merchantID, hash string) string {
	return s.baseURL + shopLogosPath + merchantID + "/" + hash
}

// showShopLogo shows a picture that a merchant has uploaded: we have made it ourselves, so
// that its type is what its bytes say.
func (s *Server) showShopLogo(c echo.Context) error {
	picture, err := s.store.Logo(c.Request().Context(), c.Param("merchant"), c.Param("hash"))
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderCacheControl, shopLogoCache)
	return c.Blob(http.StatusOK, http.DetectContentType(picture), picture)
}
