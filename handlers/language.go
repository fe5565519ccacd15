package handlers

import (
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/gorilla/sessions"
	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/web/templates"
)

const (
	cookieName       = "rieltime"
	secureCookieName = "__Host-rieltime" // the prefix binds it to this host and TLS
	cookieLife       = 180 * 24 * 60 * 60
	langKey          = "lang"
)

func cookieStore(key []byte, secure bool) sessions.Store {
	store := sessions.NewCookieStore(key)
	store.MaxAge(cookieLife)
	store.Options.Path = "/"
	store.Options.HttpOnly = true
	store.Options.Secure = secure
	store.Options.SameSite = http.SameSiteLaxMode
	return store
}

// language is the page's: what the buyer asks for now, the page shows that asks
// on its own, the buyer chose before, the merchant set, or the browser prefers,
// in this order.
func (s *server) language(c echo.Context, session checkout.Session) string {
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
func (s *server) keptLanguage(c echo.Context, session checkout.Session) string {
	if asked := askedLanguage(c); asked != "" || s.rememberedLanguage(c) != "" {
		return asked
	}
	return session.BuyerLocale
}

// withLanguage adds a language to one of our addresses, unless it is empty.
func withLanguage(address, lang string) string {
	if address == "" || lang == "" {
		return address
	}
	separator := "?"
	if strings.Contains(address, "?") {
		separator = "&"
	}
	return address + separator + "lang=" + lang
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

func (s *server) cookie(c echo.Context) *sessions.Session {
	if s.cookies == nil {
		return nil
	}
	name := cookieName
	if s.secure {
		name = secureCookieName
	}
	kept, _ := s.cookies.Get(c.Request(), name) // one that cannot be read is replaced by a new one
	return kept
}

func (s *server) rememberedLanguage(c echo.Context) string {
	kept := s.cookie(c)
	if kept == nil {
		return ""
	}
	lang, _ := kept.Values[langKey].(string)
	return lang
}

// chooseLanguage keeps the language that a buyer acts in, where the address says
// that it was chosen. The action itself does not depend on it.
func (s *server) chooseLanguage(c echo.Context, sessionID string) {
	asked := askedLanguage(c)
	if asked == "" {
		return
	}
	if err := s.service.ChooseLanguage(c.Request().Context(), sessionID, asked); err != nil {
		s.log.Warn("language not kept", "request_id", requestID(c), "error", err)
	}
}

// rememberLanguage keeps the language that the buyer has just asked for.
func (s *server) rememberLanguage(c echo.Context) {
	asked := askedLanguage(c)
	kept := s.cookie(c)
	if asked == "" || kept == nil || kept.Values[langKey] == asked {
		return
	}
	kept.Values[langKey] = asked
	if err := kept.Save(c.Request(), c.Response()); err != nil {
		s.log.Warn("language not remembered", "request_id", requestID(c), "error", err)
	}
}

// deviceOf tells phones by what the browser says of itself.
func deviceOf(h http.Header) checkout.Device {
	says := strings.Trim(h.Get("Sec-CH-UA-Platform"), `"`) + " " + h.Get("User-Agent")
	for _, sign := range []string{"iPhone", "iPad", "iPod", "iOS"} {
		if strings.Contains(says, sign) {
			return checkout.DeviceIOS
		}
	}
	if strings.Contains(says, "Android") {
		return checkout.DeviceAndroid
	}
	return checkout.DeviceDesktop
}

// insideApp reports whether a browser looks like one inside another app, such as
// a chat. Nothing depends on it but hints how to leave the app: who is missed
// here can do all the same.
func insideApp(userAgent string) bool {
	return appBrowser.MatchString(userAgent) ||
		// On iPhones every browser of its own names its version or itself.
		(applePhone.MatchString(userAgent) && !ownBrowser.MatchString(userAgent))
}

var (
	// Android's WebView is "; wv)", or "Version/4.0" before Chrome's version.
	appBrowser = regexp.MustCompile(`; wv\)|Version/4\.0 Chrome/|Telegram|FBAN|FBAV|Instagram|\bLine/|MicroMessenger|TikTok|musical_ly|trill_|Bytedance`)
	applePhone = regexp.MustCompile(`\((iPhone|iPad|iPod)\b`)
	ownBrowser = regexp.MustCompile(`Version/|CriOS/|FxiOS/|EdgiOS/|OPT/|OPiOS/|DuckDuckGo/|YaBrowser/`)
)
