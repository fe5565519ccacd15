package pages

import (
	"context"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
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

// MerchantLogo returns the picture that buyers see as a merchant's logo, with its type:
// one that the merchant has uploaded, or one fetched from another host.
func (s *Server) MerchantLogo(ctx context.Context, merchant checkout.Merchant) (contentType string, picture []byte, err error) {
	if hash, uploaded := strings.CutPrefix(merchant.LogoURL, s.ShopLogoURL(merchant.ID, "")); uploaded {
		picture, err = s.store.Logo(ctx, merchant.ID, hash)
		return http.DetectContentType(picture), picture, err
	}

	// Other addresses of our own are no logos, and a request to ourselves would find none.
	if originOf(merchant.LogoURL) == "" || ownURL(merchant.LogoURL, s.baseURL) != "" {
		return "", nil, checkout.ErrNotFound
	}

	found := s.logos.get(ctx, merchant.LogoURL)
	if found.contentType == "" {
		return "", nil, checkout.ErrNotFound
	}
	return found.contentType, found.body, nil
}
