package pages

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"rieltime/handlers/internal/request"
	"rieltime/web/templates"
)

// changeCard is POST /c/{session}/card: save a card without paying, which leads
// to the provider's page, or remove the saved one.
func (s *Server) changeCard(c echo.Context) error {
	id, err := request.PathID(c, "session", request.SessionPrefix)
	if err != nil {
		return err
	}

	form, err := readForm(c)
	if err != nil {
		return err
	}

	s.saveLanguage(c, id)
	if err = s.allowAttempt(c, id); err == nil {
		if method := form.Get("save"); method != "" {
			err = s.saveCard(c, id, method)
		} else {
			err = s.removeCard(c, id, form.Get("remove"))
		}
	}

	if err != nil {
		return s.refuseForm(c, id, err, withNotice(templates.NoticePickMethod))
	}

	return nil
}

// removeCard forgets the card and shows the choice of methods again.
func (s *Server) removeCard(c echo.Context, sessionID, method string) error {
	if err := s.service.RemoveCard(c.Request().Context(), sessionID, method); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, withLanguage(pagePath(sessionID)+"?choose=1", requestedLanguage(c)))
}

// saveCard answers with a page that leads on to the provider's: browsers do not
// follow a form's redirect to an origin that the page's policy did not name.
func (s *Server) saveCard(c echo.Context, sessionID, method string) error {
	address, purchase, err := s.service.SaveCard(c.Request().Context(), sessionID, method)
	if err != nil {
		return err
	}

	page := checkoutView(purchase, pageState{state: templates.StateRedirecting}, nil, s.pageRequest(c, purchase.Session))
	provider, _, _ := strings.Cut(method, ":")
	page.Redirect = &templates.Redirect{URL: address, ProviderName: s.service.ProviderInfo(provider).Name}
	page.Links = templates.Links{ChooseURL: withLanguage(pagePath(sessionID)+"?choose=1", requestedLanguage(c))}
	page.PollURL, page.PollSeconds, page.RefreshSeconds = "", 0, 0

	c.Response().Header().Set("Refresh", "0;url="+address)
	return s.sendPage(c, http.StatusOK, purchase, page)
}
