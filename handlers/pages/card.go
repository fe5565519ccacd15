package pages

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/handlers/internal/request"
	"rieltime/web/templates"
)

// changeCard is POST /c/{session}/card: to save a card without paying, which
// leads to the provider's page, or to remove the saved one.
func (s *Server) changeCard(c echo.Context) error {
	id := c.Param("session")
	if err := request.CheckID(id, request.SessionPrefix); err != nil {
		return err
	}

	form, err := readForm(c)
	if err != nil {
		return err
	}

	s.chooseLanguage(c, id)
	if err = s.allowAttempt(c, id); err == nil {
		if method := form.Get("save"); method != "" {
			err = s.saveCard(c, id, method)
		} else {
			err = s.removeCard(c, id, form.Get("remove"))
		}
	}

	if err != nil {
		return s.sendBack(c, id, err, func(page *templates.Checkout, _ *checkout.Error) {
			page.Notice = templates.NewNotice(page.Lang, templates.NoticePickMethod)
		})
	}

	return nil
}

func (s *Server) removeCard(c echo.Context, sessionID, method string) error {
	if err := s.service.RemoveCard(c.Request().Context(), sessionID, method); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, withLanguage(pagePath(sessionID)+"?choose=1", askedLanguage(c)))
}

// saveCard answers with a page that leads on to the provider's: browsers would
// not let this form be redirected there.
func (s *Server) saveCard(c echo.Context, sessionID, method string) error {
	address, purchase, err := s.service.SaveCard(c.Request().Context(), sessionID, method)
	if err != nil {
		return err
	}

	at := pageState{state: templates.Redirecting}
	provider, _, _ := strings.Cut(method, ":")
	page := view(purchase, at, nil, s.asked(c, purchase.Session))
	page.Redirect = &templates.Redirect{URL: address, ProviderName: providerName(provider)}
	page.Links = templates.Links{ChooseURL: withLanguage(pagePath(sessionID)+"?choose=1", askedLanguage(c))}
	page.PollURL, page.PollSeconds, page.RefreshSeconds = "", 0, 0
	c.Response().Header().Set("Refresh", "0;url="+address)
	return s.sendPage(c, http.StatusOK, purchase, page)
}
