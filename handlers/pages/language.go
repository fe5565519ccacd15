package pages

import (
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/handlers/internal/request"
	"rieltime/web/templates"
)

// language is the page's: what the buyer asks for now, the page shows that asks
// on its own, the buyer chose before, the merchant set, or the browser prefers,
// in this order.
func (s *Server) language(c echo.Context, session checkout.Session) string {
	for _, wish := range []string{askedLanguage(c), c.QueryParam(shownLanguage)} {
		if slices.Contains(templates.Languages, wish) {
			return wish
		}
	}
	return templates.MatchLanguage(s.rememberedLanguage(c), session.BuyerLocale, session.Locale, acceptedLanguages(c))
}

// shownLanguage names, in an address that a page asks by itself, the language
// that the page is in, whoever chose it.
const shownLanguage = "shown"

// keptLanguage is a language that the buyer chose and that our addresses have to
// carry on: one asked for now, or without a cookie of ours, the session's. Cookies
// may be refused, and no frame on another site has them.
func (s *Server) keptLanguage(c echo.Context, session checkout.Session) string {
	if asked := askedLanguage(c); asked != "" || s.rememberedLanguage(c) != "" {
		return asked
	}
	return session.BuyerLocale
}

// acceptedLanguages is the browser's list, which may be sent in several lines.
func acceptedLanguages(c echo.Context) string {
	return strings.Join(c.Request().Header.Values("Accept-Language"), ",")
}

func askedLanguage(c echo.Context) string {
	if asked := c.QueryParam("lang"); slices.Contains(templates.Languages, asked) {
		return asked
	}
	return ""
}

func (s *Server) rememberedLanguage(c echo.Context) string {
	kept := s.cookie(c)
	if kept == nil {
		return ""
	}
	lang, _ := kept.Values[langKey].(string)
	return lang
}

// chooseLanguage keeps the language that a buyer acts in, where the address says
// that it was chosen. The action itself does not depend on it.
func (s *Server) chooseLanguage(c echo.Context, sessionID string) {
	asked := askedLanguage(c)
	if asked == "" {
		return
	}
	if err := s.service.ChooseLanguage(c.Request().Context(), sessionID, asked); err != nil {
		s.log.Warn("language not kept", "request_id", request.ID(c), "error", err)
	}
}

// rememberLanguage keeps the language that the buyer has just asked for.
func (s *Server) rememberLanguage(c echo.Context) {
	asked := askedLanguage(c)
	kept := s.cookie(c)
	if asked == "" || kept == nil || kept.Values[langKey] == asked {
		return
	}
	kept.Values[langKey] = asked
	if err := kept.Save(c.Request(), c.Response()); err != nil {
		s.log.Warn("language not remembered", "request_id", request.ID(c), "error", err)
	}
}
