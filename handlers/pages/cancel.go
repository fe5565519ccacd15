package pages

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/handlers/internal/request"
	"rieltime/web/templates"
)

// cancelSession is POST /c/{session}/cancel: the session ends and the buyer
// goes back to the shop. A session that is over already shows how it ended.
func (s *Server) cancelSession(c echo.Context) error {
	id := c.Param("session")
	if err := request.CheckID(id, request.SessionPrefix); err != nil {
		return err
	}

	purchase, err := s.service.CancelSession(c.Request().Context(), id)
	if err != nil {
		return s.sendBack(c, id, err, func(page *templates.Checkout, _ *checkout.Error) {
			page.Notice = templates.NewNotice(page.Lang, templates.NoticeFormStale)
		})
	}

	return c.Redirect(http.StatusSeeOther, cancelURL(purchase.Session, s.keptLanguage(c, purchase.Session)))
}
