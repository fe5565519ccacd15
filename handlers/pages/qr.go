package pages

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/web/templates"
)

const pngSize = 600 // least width in pixels: sharp on a phone, in 4 kB

// showQR is GET /c/{session}/qr.png: the code as a picture to save, while it is
// valid. It has a name but is no attachment: browsers inside other apps cannot
// download, but show a picture that can be pressed and saved.
func (s *Server) showQR(c echo.Context) error {
	purchase, err := s.loadPurchase(c)
	if err != nil {
		return err
	}

	at := pageStateOf(purchase, s.now(), false)
	if at.payment == nil || !showsCode(*at.payment) || at.payment.Status.Closed() || !s.now().Before(at.payment.ExpiresAt) {
		return checkout.ErrNotFound
	}

	png, err := templates.QRPNG(at.payment.NextAction.QRCode, pngSize)
	if err != nil {
		return err
	}

	c.Response().Header().Set(echo.HeaderContentDisposition, `inline; filename="khqr.png"`)
	return c.Blob(http.StatusOK, "image/png", png)
}

// codeSVG draws text as an inline SVG; no text gives no SVG.
func codeSVG(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	return templates.QRSVG(text)
}
