package pages

import (
	"errors"
	"strings"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/handlers/internal/request"
	"rieltime/web/templates"
)

// loadLink loads the link of the path and its merchant.
func (s *Server) loadLink(c echo.Context) (checkout.Link, checkout.Merchant, error) {
	id, err := request.PathID(c, "link", request.LinkPrefix)
	if err != nil {
		return checkout.Link{}, checkout.Merchant{}, err
	}
	link, err := s.service.Link(c.Request().Context(), id)
	if err != nil {
		return link, checkout.Merchant{}, err
	}
	merchant, err := s.service.LinkMerchant(c.Request().Context(), link)
	return link, merchant, err
}

// linkPage makes the view of a link for one visitor.
func (s *Server) linkPage(c echo.Context, link checkout.Link, merchant checkout.Merchant, visitor string) (templates.Link, error) {
	lang := s.language(c, checkout.Session{Locale: link.Locale})
	look := assets(merchant.Accent)
	page := templates.Link{
		Page:  templates.Page{Lang: lang, Path: withLanguage(linkPath(link.ID), requestedLanguage(c)), Assets: templates.Assets{CSS: look.CSS, Theme: look.Theme}},
		State: templates.LinkOpen,
		Merchant: templates.Merchant{
			Name: merchant.Name, LogoURL: s.logoURL(merchant.LogoURL),
			SupportContact: merchant.SupportContact, TermsURL: merchant.TermsURL, Accent: merchant.Accent,
		},
		Test: link.Mode == checkout.ModeTest, Description: link.Description, Currency: string(link.Currency),
		Amount: formatAmount(lang, link.Amount),
	}
	if link.Amount.Minor == 0 { // the buyer sets it
		page.Choose = &templates.Field{}
		page.Least, page.Most = formatAmount(lang, link.Least), formatAmount(lang, link.Most)
		page.Amount = page.Least + " – " + page.Most
	}
	page.Preview = s.linkPreview(link, page)

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

// linkPreview is what is shown of a link where its address is shared: what everybody who
// opens it sees, and nothing of a buyer.
func (s *Server) linkPreview(link checkout.Link, page templates.Link) *templates.Preview {
	preview := &templates.Preview{
		Site: page.Merchant.Name, Title: link.Description, Description: page.Merchant.Name + " · " + page.Amount,
		URL: s.service.LinkURL(link.ID), Image: page.Merchant.LogoURL,
	}
	if strings.HasPrefix(preview.Image, "/") {
		preview.Image = s.baseURL + preview.Image
	}
	return preview
}

// findResume offers the session that the visitor has opened on this link before.
func (s *Server) findResume(c echo.Context, link checkout.Link, visitor string, page *templates.Link) error {
	session, err := s.service.VisitorSession(c.Request().Context(), link.ID, visitor)
	if errors.Is(err, checkout.ErrNotFound) {
		return nil
	}
	page.ResumeURL = withLanguage(pagePath(session.ID), requestedLanguage(c))
	return err
}

// sendLink sends a link's page under its own policy.
func (s *Server) sendLink(c echo.Context, status int, page templates.Link) error {
	s.setPolicy(c)
	return render(c, status, templates.LinkPage(page))
}
