package pages

import (
	"net/url"
	"strings"

	"rieltime/checkout"
)

// Below these paths are the pages that others than pages link to.
const (
	SessionsPath = "/c/"      // by a session's id
	LinksPath    = "/l/"      // by a payment link's id
	ReturnsPath  = "/return/" // by a provider's name and a payment's or an account's id
)

// pagePath is the path of a session's page.
func pagePath(sessionID string) string { return SessionsPath + url.PathEscape(sessionID) }

// linkPath is the path of a payment link's page.
func linkPath(id string) string { return LinksPath + url.PathEscape(id) }

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

const sessionPlaceholder = "{CHECKOUT_SESSION_ID}"

// cancelURL is where a buyer who has not paid goes: the merchant's cancel URL, or
// the page of the payment link with the language lang.
func cancelURL(session checkout.Session, lang string) string {
	if session.CancelURL == "" && session.LinkID != "" {
		return withLanguage(linkPath(session.LinkID), lang)
	}
	return returnURL(session.CancelURL, session.ID)
}

// returnURL is a merchant's success or cancel URL for one session: its
// placeholder is replaced, or session_id added to its query. An empty address
// stays empty.
func returnURL(address, sessionID string) string {
	if address == "" {
		return ""
	}
	if strings.Contains(address, sessionPlaceholder) {
		return strings.ReplaceAll(address, sessionPlaceholder, sessionID)
	}

	rest, fragment, hasFragment := strings.Cut(address, "#")
	separator := "?"
	if strings.Contains(rest, "?") {
		separator = "&"
	}

	if strings.HasSuffix(rest, "?") || strings.HasSuffix(rest, "&") {
		separator = ""
	}

	rest += separator + "session_id=" + url.QueryEscape(sessionID)
	if hasFragment {
		return rest + "#" + fragment
	}

	return rest
}

// originOf is the scheme, host and port of an http(s) address; empty for any
// other text.
func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return ""
	}
	return u.Scheme + "://" + strings.ToLower(u.Host)
}

// ownURL returns an address that is on our own host, and "" for any other.
func ownURL(address, baseURL string) string {
	if strings.HasPrefix(address, baseURL+"/") || (strings.HasPrefix(address, "/") && !strings.HasPrefix(address, "//")) {
		return address
	}
	return ""
}
