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

// sendBack answers a buyer's action that could not be done. What is closed or
// gone shows by itself; what the buyer can correct is said above the choice.
func (s *Server) sendBack(c echo.Context, sessionID string, err error, correct func(*templates.Checkout, *checkout.Error)) error {
	var wrong *checkout.Error
	if !errors.As(err, &wrong) {
		return err
	}
	if errors.Is(err, checkout.ErrSessionClosed) || errors.Is(err, checkout.ErrSessionComplete) {
		return c.Redirect(http.StatusSeeOther, withLanguage(pagePath(sessionID), askedLanguage(c)))
	}

	switch wrong.Kind {
	case checkout.KindInvalid, checkout.KindConflict, checkout.KindRateLimited:
	default:
		return err
	}

	purchase, loadErr := s.service.Purchase(context.WithoutCancel(c.Request().Context()), sessionID)
	if loadErr != nil {
		return loadErr
	}

	a := s.asked(c, purchase.Session)
	a.choose = wrong.Kind != checkout.KindRateLimited || errors.Is(err, checkout.ErrLinkHeld)
	page, pageErr := s.page(c, purchase, a)
	if pageErr != nil {
		return pageErr
	}

	switch {
	case errors.Is(err, checkout.ErrLinkSoldOut):
		page.Notice = templates.NewNotice(a.lang, templates.NoticeSoldOut)
	case errors.Is(err, checkout.ErrLinkHeld):
		page.Notice = templates.NewNotice(a.lang, templates.NoticeHeld)
		c.Response().Header().Set("Retry-After", failure.RetryAfter(wrong.RetryAfter))
	case wrong.Kind == checkout.KindRateLimited:
		page.Notice = tooManyRequests(c, a.lang, wrong)
	default:
		correct(&page, wrong)
	}

	return s.sendPage(c, failure.StatusOf(wrong.Kind), purchase, page)
}

// tooManyRequests says on the page how long to wait, and to the browser in its header.
func tooManyRequests(c echo.Context, lang string, limited *checkout.Error) *templates.Notice {
	c.Response().Header().Set("Retry-After", failure.RetryAfter(limited.RetryAfter))
	return templates.NewNotice(lang, templates.NoticeTooFast, "wait", templates.FormatWait(lang, failure.Seconds(limited.RetryAfter)))
}
