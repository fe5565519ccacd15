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

// showLink is GET /l/{link}: what is for sale, and the form that opens a session.
func (s *Server) showLink(c echo.Context) error {
	link, merchant, err := s.loadLink(c)
	if err != nil {
		return err
	}

	visitor := s.visitor(c)
	s.setLanguageCookie(c)
	page, err := s.linkPage(c, link, merchant, visitor)
	if err != nil {
		return err
	}

	return s.sendLink(c, linkStatus(page.State), page)
}

// linkStatus is the HTTP status of a link's page.
func linkStatus(state templates.LinkState) int {
	switch state {
	case templates.LinkEnded:
		return http.StatusGone
	case templates.LinkSoldOut:
		return http.StatusConflict
	}
	return http.StatusOK
}

// openLink is POST /l/{link}: it opens a session and leads the buyer to it. A
// buyer who sends the same choice again gets the same session.
func (s *Server) openLink(c echo.Context) error {
	link, merchant, err := s.loadLink(c)
	if err != nil {
		return err
	}

	form, err := readForm(c)
	if err != nil {
		return err
	}

	visitor := s.visitor(c)
	session, err := s.openSession(c, link, form, visitor)
	if err == nil {
		return c.Redirect(http.StatusSeeOther, withLanguage(pagePath(session.ID), requestedLanguage(c)))
	}

	page, pageErr := s.linkPage(c, link, merchant, visitor)
	if pageErr != nil {
		return pageErr
	}

	return s.refuseChoice(c, link, page, form, err)
}

// openSession opens a session for the buyer's choice within the rate limit.
func (s *Server) openSession(c echo.Context, link checkout.Link, form url.Values, visitor string) (checkout.Session, error) {
	if err := s.attempts.Take(request.ClientAddress(c)); err != nil {
		return checkout.Session{}, err
	}
	choice, err := readChoice(link, form, visitor)
	if err != nil {
		return checkout.Session{}, err
	}
	return s.service.OpenLink(c.Request().Context(), link.ID, choice)
}

// readChoice reads the amount, if the buyer sets it, and the custom fields.
func readChoice(link checkout.Link, form url.Values, visitor string) (choice checkout.LinkChoice, err error) {
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

// refuseChoice shows the page again and says why the choice was refused.
func (s *Server) refuseChoice(c echo.Context, link checkout.Link, page templates.Link, form url.Values, err error) error {
	var refusal *checkout.Error
	if !errors.As(err, &refusal) {
		return err
	}

	switch {
	case errors.Is(err, checkout.ErrLinkEnded):
		page.State = templates.LinkEnded
	case errors.Is(err, checkout.ErrLinkSoldOut):
		page.State = templates.LinkSoldOut
	case errors.Is(err, checkout.ErrNothingPayable):
		page.Notice = templates.NewNotice(page.Lang, templates.NoticeNoWay, "merchant", page.Merchant.Name)
	case refusal.Kind == checkout.KindRateLimited:
		page.Notice = tooManyRequests(c, page.Lang, refusal)
	case refusal.Kind == checkout.KindInvalid:
		page.Notice = templates.NewNotice(page.Lang, templates.NoticeFields)
	default:
		return err
	}

	fillChoice(&page, link, form, refusal)
	status := linkStatus(page.State)
	if status == http.StatusOK {
		status = failure.StatusOf(refusal.Kind)
	}

	return s.sendLink(c, status, page)
}

// fillChoice puts back what the buyer wrote, with the error at its field.
func fillChoice(page *templates.Link, link checkout.Link, form url.Values, refusal *checkout.Error) {
	if page.Choose != nil {
		page.Choose.Value = form.Get("amount")
		switch {
		case refusal.Param != "amount", refusal.Code == checkout.ErrNothingPayable.Code: // the notice says it
		case refusal.Code == "amount_out_of_bounds":
			page.Choose.Error = templates.T(page.Lang, "link.amount.bounds", "least", page.Least, "most", page.Most)
		case refusal.Code == errAmountTwoWays.Code:
			page.Choose.Error = templates.T(page.Lang, "link.amount.two_ways", "example", link.Least.Decimal())
		case refusal.Code == errAmountCurrency.Code:
			page.Choose.Error = templates.T(page.Lang, "link.amount.currency", "currency", string(link.Currency))
		default:
			page.Choose.Error = templates.T(page.Lang, "link.amount.invalid", "example", link.Least.Decimal())
		}
	}

	for i := range page.Fields {
		field := &page.Fields[i]
		field.Value = form.Get(field.Name)
		if refusal.Param != "fields."+strings.TrimPrefix(field.Name, fieldPrefix) {
			continue
		}

		field.Error = templates.T(page.Lang, "link.field.invalid", "count", strconv.Itoa(field.MaxLength))
		if refusal.Code == "field_missing" {
			field.Error = templates.T(page.Lang, "link.field.missing")
		}
	}
}
