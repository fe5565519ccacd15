package dashboard

import (
	"strings"

	"github.com/labstack/echo/v4"

	"rieltime/checkout/users"
	"rieltime/web/templates"
)

// language is what the address asks for (lang=km), else the user's own, else what the
// browser prefers.
func (s *Server) language(c echo.Context, user users.User) string {
	return templates.MatchLanguage(c.QueryParam("lang"), user.Locale, strings.Join(c.Request().Header.Values("Accept-Language"), ","))
}
