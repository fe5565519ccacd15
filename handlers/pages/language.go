package pages

import (
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/handlers/internal/request"
	"rieltime/web/templates"
)

// language returns the language of a page. In this order: what the buyer asks for
// now, what the polling page is in, what the buyer chose before, what the merchant
// set, what the browser prefers.
func (s *Server) language(c echo.Context, session checkout.Session) string {
	if lang := s.buyerLanguage(c); lang != "" {
		return lang
	}
	return templates.MatchLanguage(session.BuyerLocale, session.Locale, acceptedLanguages(c))
}

// buyerLanguage returns the language that the buyer's request names, apart from
// the browser's preferences; empty if it names none.
func (s *Server) buyerLanguage(c echo.Context) string {
	for _, lang := range []string{requestedLanguage(c), c.QueryParam(shownLanguageParam), s.cookieLanguage(c)} {
		if slices.Contains(templates.Languages, lang) {
			return lang
		}
	}
	return ""
}

// shownLanguageParam is the query parameter by which a page's own requests say what
// language the page is in, whoever chose it.
const shownLanguageParam = "shown"

// carriedLanguage is the language that the buyer chose and that our addresses have
// to carry on: the one asked for now or, without a cookie, the session's. Browsers
// may refuse cookies, and send none from a frame on another site.
func (s *Server) carriedLanguage(c echo.Context, session checkout.Session) string {
	if requested := requestedLanguage(c); requested != "" || s.cookieLanguage(c) != "" {
		return requested
	}
	return session.BuyerLocale
}

// acceptedLanguages is the browser's list, which may come in several header lines.
func acceptedLanguages(c echo.Context) string {
	return strings.Join(c.Request().Header.Values("Accept-Language"), ",")
}

// requestedLanguage is the language in the address (lang=km); empty if it has none.
func requestedLanguage(c echo.Context) string {
	if requested := c.QueryParam("lang"); slices.Contains(templates.Languages, requested) {
		return requested
	}
	return ""
}

// cookieLanguage is the language that the buyer's cookie remembers; it may be empty.
func (s *Server) cookieLanguage(c echo.Context) string {
	cookie := s.cookie(c)
	if cookie == nil {
		return ""
	}
	lang, _ := cookie.Values[langKey].(string)
	return lang
}

// saveLanguage stores with the session the language that the address asks for. The
// buyer's action goes on if that fails.
func (s *Server) saveLanguage(c echo.Context, sessionID string) {
	requested := requestedLanguage(c)
	if requested == "" {
		return
	}
	if err := s.service.ChooseLanguage(c.Request().Context(), sessionID, requested); err != nil {
		s.log.Warn("language not saved", "request_id", request.ID(c), "error", err)
	}
}

// setLanguageCookie remembers the language that the address asks for.
func (s *Server) setLanguageCookie(c echo.Context) {
	requested := requestedLanguage(c)
	cookie := s.cookie(c)
	if requested == "" || cookie == nil || cookie.Values[langKey] == requested {
		return
	}
	cookie.Values[langKey] = requested
	if err := cookie.Save(c.Request(), c.Response()); err != nil {
		s.log.Warn("language not remembered", "request_id", request.ID(c), "error", err)
	}
}
