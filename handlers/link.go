package handlers

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/web/static"
	"rieltime/web/templates"
)

const (
	visitorKey  = "visitor"
	fieldPrefix = "field_" // of custom fields' names in the form
)

// showLink is GET /l/{link}: what is paid for, and the form that makes a
// session of it.
func (s *server) showLink(c echo.Context) error {
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
func (s *server) openLink(c echo.Context) error {
	link, merchant, err := s.link(c)
	if err != nil {
		return err
	}

	form, err := readForm(c)
	if err != nil {
		return err
	}

	visitor := s.visitor(c)
	err = s.pays.take(addressOf(c))
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
func (s *server) refuseChoice(c echo.Context, link checkout.Link, page templates.Link, form url.Values, err error) error {
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
		status = statusOf(wrong.Kind)
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

// link loads the link of the path with whom it pays.
func (s *server) link(c echo.Context) (checkout.Link, checkout.Merchant, error) {
	id := c.Param("link")
	if err := checkID(id, linkPrefix); err != nil {
		return checkout.Link{}, checkout.Merchant{}, err
	}
	link, err := s.service.Link(c.Request().Context(), id)
	if err != nil {
		return link, checkout.Merchant{}, err
	}
	merchant, err := s.service.LinkMerchant(c.Request().Context(), link)
	return link, merchant, err
}

func (s *server) linkPage(c echo.Context, link checkout.Link, merchant checkout.Merchant, visitor string) (templates.Link, error) {
	lang := s.language(c, checkout.Session{Locale: link.Locale})
	look := assets(merchant.Accent)
	page := templates.Link{
		Page:  templates.Page{Lang: lang, Path: withLanguage(linkPath(link.ID), askedLanguage(c)), Assets: templates.Assets{CSS: look.CSS, Theme: look.Theme}},
		State: templates.LinkOpen,
		Merchant: templates.Merchant{
			Name: merchant.Name, LogoURL: s.logoURL(merchant.LogoURL),
			SupportContact: merchant.SupportContact, TermsURL: merchant.TermsURL, Accent: merchant.Accent,
		},
		Test: link.Mode == checkout.ModeTest, Description: link.Description, Currency: string(link.Currency),
		Amount: amount(lang, link.Amount),
	}
	if link.Amount.Minor == 0 {
		page.Choose = &templates.Field{}
		page.Least, page.Most = amount(lang, link.Least), amount(lang, link.Most)
		page.Amount = page.Least + " – " + page.Most
	}

	for _, field := range link.CustomFields {
		page.Fields = append(page.Fields, templates.LinkField{
			Name: fieldPrefix + field.Key, Label: field.Label, Required: field.Required, MaxLength: field.MaxLength,
		})
	}

	switch {
	case link.Ended(s.now()):
		page.State = templates.LinkEnded
	case link.SoldOut():
		page.State = templates.LinkSoldOut
	}

	return page, s.findResume(c, link, visitor, &page)
}

// findResume finds what the visitor has begun to pay on this link.
func (s *server) findResume(c echo.Context, link checkout.Link, visitor string, page *templates.Link) error {
	session, err := s.service.VisitorSession(c.Request().Context(), link.ID, visitor)
	if errors.Is(err, checkout.ErrNotFound) {
		return nil
	}
	page.ResumeURL = withLanguage(pagePath(session.ID), askedLanguage(c))
	return err
}

func (s *server) sendLink(c echo.Context, status int, page templates.Link) error {
	s.setPolicy(c)
	return render(c, status, templates.LinkPage(page))
}

// visitor tells one buyer from another by the cookie; empty without one.
func (s *server) visitor(c echo.Context) string {
	kept := s.cookie(c)
	if kept == nil {
		return ""
	}
	if visitor, ok := kept.Values[visitorKey].(string); ok {
		return visitor
	}

	visitor := strings.ToLower(rand.Text())
	kept.Values[visitorKey] = visitor
	if err := kept.Save(c.Request(), c.Response()); err != nil {
		s.log.Warn("visitor not remembered", "request_id", requestID(c), "error", err)
	}

	return visitor
}

// showPoster is GET /l/{link}/poster: a sheet of A4 or A6 to print.
func (s *server) showPoster(c echo.Context) error {
	link, merchant, err := s.link(c)
	if err != nil {
		return err
	}

	size := templates.PosterSize(c.QueryParam("size"))
	if size == "" {
		size = templates.A4
	}

	if link.Ended(s.now()) || (size != templates.A4 && size != templates.A6) {
		return checkout.ErrNotFound
	}

	address := s.service.LinkURL(link.ID)
	svg, err := s.codes.svg(address)
	if err != nil {
		return err
	}

	poster := templates.Poster{
		CSS: static.URL("poster.css"), Size: size, Merchant: merchant.Name, Description: link.Description,
		URL: address, SVG: svg, Test: link.Mode == checkout.ModeTest,
	}
	if link.Amount.Minor > 0 {
		poster.Amount = amount("en", link.Amount)
	}

	s.setPolicy(c)
	return render(c, http.StatusOK, templates.PosterPage(poster))
}

func linkPath(id string) string { return "/l/" + url.PathEscape(id) }
