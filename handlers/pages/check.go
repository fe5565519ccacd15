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
// transaction hash from the bank's receipt, or the bank's reference where the account
// looks those up. On a paid page it reports another payment.
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
	case errors.Is(err, verifier.ErrHashInvalid), errors.Is(err, verifier.ErrHashTooOften), errors.Is(err, checkout.ErrReferencesRefused):
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

// refuseHash says on the page why a hash or a reference was not looked up. The payment is
// checked all the same, without it.
func (s *Server) refuseHash(c echo.Context, sessionID, hash string, err error) error {
	ctx := context.WithoutCancel(c.Request().Context())
	purchase, loadErr := s.service.Purchase(ctx, sessionID)
	if loadErr != nil {
		return loadErr
	}
	references, loadErr := s.service.FindsReferences(ctx, purchase)
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
	notice := templates.NoticeHashInvalid
	switch {
	case errors.Is(err, verifier.ErrHashTooOften):
		notice = templates.NoticeHashLimit
	case errors.Is(err, checkout.ErrReferencesRefused):
		notice = templates.NoticeReferencesRefused
	case references:
		notice = templates.NoticeReferenceInvalid
	}
	page.Notice = templates.NewNotice(page.Lang, notice, "merchant", purchase.Merchant.Name)

	return s.sendPage(c, failure.Of(err).Status, purchase, page)
}

// cleanHash normalizes a hash or a reference as it was typed or copied: without white
// space. Text that is too long is cut, and stays invalid.
func cleanHash(text string) string {
	text = strings.Join(strings.Fields(text), "")
	return strings.ToValidUTF8(text[:min(len(text), maxHash)], "")
}
