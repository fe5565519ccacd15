package pages

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/handlers/internal/failure"
	"rieltime/handlers/internal/request"
	"rieltime/web/templates"
)

const (
	visitorKey  = "visitor"
	fieldPrefix = "field_" // of custom fields' names in the form
)

// showLink is GET /l/{link}: what is paid for, and the form that makes a
// session of it.
func (s *Server) showLink(c echo.Context) error {
	link, merchant, err := s.link(c)
	if err != nil {
		return err
	}

	visitor := s.visitor(c)
	s.rememberLanguage(c)
	page, err := s.linkPage(c, link, merchant, visitor)
	if err != nil {
		return err
	}

	return s.sendLink(c, linkStatus(page.State), page)
}

func linkStatus(state templates.LinkState) int {
	switch state {
	case templates.LinkEnded:
		return http.StatusGone
	case templates.LinkSoldOut:
		return http.StatusConflict
	}
	return http.StatusOK
}

// openLink is POST /l/{link}: the session is made, and the buyer goes to it.
// The same buyer asking again for the same comes back to the same session.
func (s *Server) openLink(c echo.Context) error {
	link, merchant, err := s.link(c)
	if err != nil {
		return err
	}

	form, err := readForm(c)
	if err != nil {
		return err
	}

	visitor := s.visitor(c)
	err = s.attempts.Take(request.ClientAddress(c))
	if err == nil {
		var session checkout.Session
		var choice checkout.LinkChoice
		if choice, err = choiceOf(link, form, visitor); err == nil {
			session, err = s.service.OpenLink(c.Request().Context(), link.ID, choice)
		}

		if err == nil {
			return c.Redirect(http.StatusSeeOther, withLanguage(pagePath(session.ID), askedLanguage(c)))
		}
	}

	page, failed := s.linkPage(c, link, merchant, visitor)
	if failed != nil {
		return failed
	}

	return s.refuseChoice(c, link, page, form, err)
}

func choiceOf(link checkout.Link, form url.Values, visitor string) (choice checkout.LinkChoice, err error) {
	choice = checkout.LinkChoice{Fields: map[string]string{}, Visitor: visitor}
	if link.Amount.Minor == 0 {
		if choice.Amount, err = readAmount(form.Get("amount"), link.Currency); err != nil {
			return choice, err
		}
	}
	for _, field := range link.CustomFields {
		choice.Fields[field.Key] = form.Get(fieldPrefix + field.Key)
	}
	return choice, nil
}

// refuseChoice shows the page again with what was wrong.
func (s *Server) refuseChoice(c echo.Context, link checkout.Link, page templates.Link, form url.Values, err error) error {
	var wrong *checkout.Error
	if !errors.As(err, &wrong) {
		return err
	}

	switch {
	case errors.Is(err, checkout.ErrLinkEnded):
		page.State = templates.LinkEnded
	case errors.Is(err, checkout.ErrLinkSoldOut):
		page.State = templates.LinkSoldOut
	case errors.Is(err, checkout.ErrNothingPayable):
		page.Notice = templates.NewNotice(page.Lang, templates.NoticeNoWay, "merchant", page.Merchant.Name)
	case wrong.Kind == checkout.KindRateLimited:
		page.Notice = tooManyRequests(c, page.Lang, wrong)
	case wrong.Kind == checkout.KindInvalid:
		page.Notice = templates.NewNotice(page.Lang, templates.NoticeFields)
	default:
		return err
	}

	keepChoice(&page, link, form, wrong)
	status := linkStatus(page.State)
	if status == http.StatusOK {
		status = failure.StatusOf(wrong.Kind)
	}

	return s.sendLink(c, status, page)
}

// keepChoice shows again what the buyer wrote, and what is wrong about it.
func keepChoice(page *templates.Link, link checkout.Link, form url.Values, wrong *checkout.Error) {
	if page.Choose != nil {
		page.Choose.Value = form.Get("amount")
		switch {
		case wrong.Param != "amount", wrong.Code == checkout.ErrNothingPayable.Code: // the notice says it
		case wrong.Code == "amount_out_of_bounds":
			page.Choose.Error = templates.T(page.Lang, "link.amount.bounds", "least", page.Least, "most", page.Most)
		case wrong.Code == errAmountTwoWays.Code:
			page.Choose.Error = templates.T(page.Lang, "link.amount.two_ways", "example", link.Least.Decimal())
		case wrong.Code == errAmountCurrency.Code:
			page.Choose.Error = templates.T(page.Lang, "link.amount.currency", "currency", string(link.Currency))
		default:
			page.Choose.Error = templates.T(page.Lang, "link.amount.invalid", "example", link.Least.Decimal())
		}
	}

	for i := range page.Fields {
		field := &page.Fields[i]
		field.Value = form.Get(field.Name)
		if wrong.Param != "fields."+strings.TrimPrefix(field.Name, fieldPrefix) {
			continue
		}

		field.Error = templates.T(page.Lang, "link.field.invalid", "count", strconv.Itoa(field.MaxLength))
		if wrong.Code == "field_missing" {
			field.Error = templates.T(page.Lang, "link.field.missing")
		}
	}
}
