package pages

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/checkout/verifier"
	"rieltime/handlers/internal/failure"
	"rieltime/handlers/internal/request"
	"rieltime/web/templates"
)

const maxHash = 100 // bytes

// checkPayment is POST /c/{session}/check: "I have paid", optionally with the
// transaction hash from the bank's receipt. On a paid page the hash reports
// another payment.
func (s *Server) checkPayment(c echo.Context) error {
	id, err := request.PathID(c, "session", request.SessionPrefix)
	if err != nil {
		return err
	}

	form, err := readForm(c)
	if err != nil {
		return err
	}

	hash := cleanHash(form.Get("hash"))
	var purchase checkout.Purchase
	err = s.allowAttempt(c, id)
	if err == nil {
		purchase, err = s.verifier.ReportPaid(c.Request().Context(), id, verifier.PaidParams{Hash: hash, Address: request.ClientAddress(c)})
	}

	switch {
	case errors.Is(err, verifier.ErrHashInvalid), errors.Is(err, verifier.ErrHashTooOften):
		return s.refuseHash(c, id, hash, err)
	case err != nil:
		return s.refuseForm(c, id, err, withNotice(templates.NoticeFormStale))
	}

	target := pagePath(id)
	if hash != "" && purchase.Session.Status == checkout.SessionComplete {
		target += "?report=1"
	}

	return c.Redirect(http.StatusSeeOther, withLanguage(target, requestedLanguage(c)))
}

// refuseHash says on the page why a hash was not looked up. The payment is
// checked all the same, without the hash.
func (s *Server) refuseHash(c echo.Context, sessionID, hash string, err error) error {
	purchase, loadErr := s.service.Purchase(context.WithoutCancel(c.Request().Context()), sessionID)
	if loadErr != nil {
		return loadErr
	}

	req := s.pageRequest(c, purchase.Session)
	req.report, req.hashOpen = true, true // the page stays, with the field open
	page, pageErr := s.checkoutPage(c, purchase, req)
	if pageErr != nil {
		return pageErr
	}

	page.Hash = hash
	page.Notice = templates.NewNotice(page.Lang, templates.NoticeHashInvalid)
	if errors.Is(err, verifier.ErrHashTooOften) {
		page.Notice = templates.NewNotice(page.Lang, templates.NoticeHashLimit, "merchant", purchase.Merchant.Name)
	}

	return s.sendPage(c, failure.Of(err).Status, purchase, page)
}

// cleanHash normalizes a hash as it was typed or copied: lower case, without
// white space. Text that is too long for a hash is cut, and stays invalid.
func cleanHash(text string) string {
	text = strings.ToLower(strings.Join(strings.Fields(text), ""))
	return strings.ToValidUTF8(text[:min(len(text), maxHash)], "")
}
