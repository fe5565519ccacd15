package dashboard

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/checkout/statements"
	"rieltime/handlers/internal/failure"
	"rieltime/internal/picture"
)

const (
	logoRoute = "/settings/logo"
	logoField = "logo"
	maxLogo   = 200_000 // bytes
)

// formParts is what a form with a file may have besides it, in bytes.
const formParts = 10_000

// MaxFile is how large the body of a route's form with a file may be, in bytes; 0 where
// the form has none.
func MaxFile(route string) int64 {
	switch route {
	case merchantRoute + logoRoute:
		return maxLogo + formParts
	case merchantRoute + uploadRoute:
		return statements.MaxUpload + formParts
	}
	return 0
}

var (
	errLogoFormat = checkout.Invalidf(logoField, "logo_invalid", "Choose a PNG, JPEG or WebP picture.")
	errLogoSize   = checkout.Invalidf(logoField, "logo_large", "The picture may have at most 200 kB and four million pixels.")
)

// logoPath is where the dashboard's pages load the merchant's logo from, because they load
// nothing from the buyers' address; empty without a logo.
func (v viewer) logoPath() string {
	if v.merchant.LogoURL == "" {
		return ""
	}
	return v.path(logoRoute)
}

// showLogo shows the merchant's logo. Its address stays when the logo changes, so that
// browsers ask each time, and load it again when its hash is another.
func (s *Server) showLogo(c echo.Context, v viewer) error {
	contentType, found, err := s.logo(c.Request().Context(), v.merchant)
	if err != nil {
		return err
	}

	sum := sha256.Sum256(found)
	h := c.Response().Header()
	h.Set(echo.HeaderContentType, contentType)
	h.Set(echo.HeaderCacheControl, "private, no-cache")
	h.Set("ETag", `"`+hex.EncodeToString(sum[:])+`"`)
	http.ServeContent(c.Response(), c.Request(), "", time.Time{}, bytes.NewReader(found))
	return nil
}

// uploadLogo stores a picture as the merchant's logo, made anew from its pixels.
func (s *Server) uploadLogo(c echo.Context, v viewer) error {
	made, err := readLogo(c)
	if err == nil {
		err = s.saveLogo(c, v, made)
	}

	var wrong *checkout.Error
	switch {
	case err == nil:
		return redirect(c, v.path("/settings?done=logo_saved"))
	case errors.As(err, &wrong) && wrong.Kind == checkout.KindInvalid:
		return s.settingsPage(c, v, http.StatusUnprocessableEntity, wrong.Detail)
	case errors.Is(err, checkout.ErrSettingsChanged):
		return s.settingsPage(c, v, http.StatusConflict, checkout.ErrSettingsChanged.Detail)
	}
	return err
}

// readLogo reads the file of the form and makes a picture of its pixels.
func readLogo(c echo.Context) ([]byte, error) {
	header, err := c.FormFile(logoField)
	if err != nil && failure.Of(err).Status == failure.ErrTooLarge.Status {
		return nil, errLogoSize
	}
	if err != nil {
		return nil, errLogoFormat.WithCause(err)
	}
	if header.Size > maxLogo {
		return nil, errLogoSize
	}

	file, err := header.Open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(file)
	if err != nil {
		return nil, err
	}

	made, err := picture.Clean(text, maxLogo)
	switch {
	case errors.Is(err, picture.ErrPixels):
		return nil, errLogoSize.WithCause(err)
	case err != nil:
		return nil, errLogoFormat.WithCause(err)
	}
	return made, nil
}

// saveLogo stores a picture, then its address in the merchant's settings, and then removes
// the picture before: at no time do the settings name one that is not there.
func (s *Server) saveLogo(c echo.Context, v viewer, made []byte) error {
	ctx := v.context(c)
	stored, err := s.store.MerchantSettings(ctx, v.merchant.ID)
	if err != nil {
		return err
	}

	sum := sha256.Sum256(made)
	hash := hex.EncodeToString(sum[:])
	if err := s.store.InsertLogo(ctx, v.merchant.ID, hash, made); err != nil {
		return err
	}

	spec := stored.Spec()
	spec.Test, spec.Live, spec.LogoURL = nil, nil, s.logoURL(v.merchant.ID, hash)
	if _, err := s.service.SaveMerchant(ctx, s.store, spec, stored); err != nil {
		return err
	}
	return s.store.KeepLogo(ctx, v.merchant.ID, hash)
}
