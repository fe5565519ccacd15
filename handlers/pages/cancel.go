package pages

import (
	"cmp"
	"net/http"

	"github.com/labstack/echo/v4"

	"rieltime/handlers/internal/request"
	"rieltime/web/templates"
)

// cancelSession is POST /c/{session}/cancel: the session ends and the buyer
// goes back to the shop, or stays where there is no way back. A session that is over already shows how it ended.
func (s *Server) cancelSession(c echo.Context) error {
	id, err := request.PathID(c, "session", request.SessionPrefix)
	if err != nil {
		return err
	}

	purchase, err := s.service.CancelSession(c.Request().Context(), id)
	if err != nil {
		return s.refuseForm(c, id, err, withNotice(templates.NoticeFormStale))
	}

	lang := s.carriedLanguage(c, purchase.Session)
	return c.Redirect(http.StatusSeeOther, cmp.Or(cancelURL(purchase.Session, lang), withLanguage(pagePath(id), lang)))
}
