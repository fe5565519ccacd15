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

const maxHash = 100

// checkPayment is POST /c/{session}/check: "I have paid", with the hash from
// the bank's receipt where the buyer gives it. On a paid page the hash is of
// another payment.
func (s *Server) checkPayment(c echo.Context) error {
	id := c.Param("session")
	if err := request.CheckID(id, request.SessionPrefix); err != nil {
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
		return s.sendHashBack(c, id, hash, err)
	case err != nil:
		return s.sendBack(c, id, err, func(page *templates.Checkout, _ *checkout.Error) {
			page.Notice = templates.NewNotice(page.Lang, templates.NoticeFormStale)
		})
	}

	target := pagePath(id)
	if hash != "" && purchase.Session.Status == checkout.SessionComplete {
		target += "?report=1"
	}

	return c.Redirect(http.StatusSeeOther, withLanguage(target, askedLanguage(c)))
}

// sendHashBack says on the page why a hash was not looked up. What it was typed
// for goes on: the payment is asked about without it.
func (s *Server) sendHashBack(c echo.Context, sessionID, hash string, err error) error {
	purchase, loadErr := s.service.Purchase(context.WithoutCancel(c.Request().Context()), sessionID)
	if loadErr != nil {
		return loadErr
	}

	a := s.asked(c, purchase.Session)
	a.report, a.hash = true, true // the page stays, with the field open
	page, pageErr := s.page(c, purchase, a)
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

// cleanHash is a hash as it was typed or copied, without the blanks and line
// breaks in it; what is too long to be one is cut, and is none then either.
func cleanHash(text string) string {
	text = strings.ToLower(strings.Join(strings.Fields(text), ""))
	return strings.ToValidUTF8(text[:min(len(text), maxHash)], "")
}
