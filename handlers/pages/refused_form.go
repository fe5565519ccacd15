package pages

import (
	"context"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/handlers/internal/failure"
	"rieltime/web/templates"
)

// refuseForm answers a form of the checkout page that could not be carried out.
// A session that is over shows itself; what the buyer can correct is said above
// the choice of methods, by correct or by a notice. Any other error is returned.
func (s *Server) refuseForm(c echo.Context, sessionID string, err error, correct func(*templates.Checkout)) error {
	var refusal *checkout.Error
	if !errors.As(err, &refusal) {
		return err
	}
	if errors.Is(err, checkout.ErrSessionClosed) || errors.Is(err, checkout.ErrSessionComplete) {
		return c.Redirect(http.StatusSeeOther, withLanguage(pagePath(sessionID), requestedLanguage(c)))
	}

	switch refusal.Kind {
	case checkout.KindInvalid, checkout.KindConflict, checkout.KindRateLimited:
	default:
		return err
	}

	// The buyer may have gone, which ended the request's context: the refusal is
	// rendered all the same.
	purchase, loadErr := s.service.Purchase(context.WithoutCancel(c.Request().Context()), sessionID)
	if loadErr != nil {
		return loadErr
	}

	req := s.pageRequest(c, purchase.Session)
	req.choose = refusal.Kind != checkout.KindRateLimited || errors.Is(err, checkout.ErrLinkHeld)
	page, pageErr := s.checkoutPage(c, purchase, req)
	if pageErr != nil {
		return pageErr
	}

	switch {
	case errors.Is(err, checkout.ErrLinkSoldOut):
		page.Notice = templates.NewNotice(req.lang, templates.NoticeSoldOut)
	case errors.Is(err, checkout.ErrLinkHeld):
		page.Notice = templates.NewNotice(req.lang, templates.NoticeHeld)
		c.Response().Header().Set("Retry-After", failure.RetryAfter(refusal.RetryAfter))
	case refusal.Kind == checkout.KindRateLimited:
		page.Notice = tooManyRequests(c, req.lang, refusal)
	default:
		correct(&page)
	}

	return s.sendPage(c, failure.StatusOf(refusal.Kind), purchase, page)
}

// withNotice returns a correction that shows a notice.
func withNotice(code templates.NoticeCode) func(*templates.Checkout) {
	return func(page *templates.Checkout) { page.Notice = templates.NewNotice(page.Lang, code) }
}

// tooManyRequests says to the buyer how long to wait, and the client in the
// Retry-After header.
func tooManyRequests(c echo.Context, lang string, limited *checkout.Error) *templates.Notice {
	c.Response().Header().Set("Retry-After", failure.RetryAfter(limited.RetryAfter))
	return templates.NewNotice(lang, templates.NoticeTooFast, "wait", templates.FormatWait(lang, failure.Seconds(limited.RetryAfter)))
}
