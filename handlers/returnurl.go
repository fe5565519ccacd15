package handlers

import (
	"net/url"
	"strings"

	"rieltime/checkout"
)

const sessionPlaceholder = "{CHECKOUT_SESSION_ID}"

// cancelURL is where a buyer goes who has not paid: the merchant's cancel URL,
// or the page of the payment link, in the language that lang carries on.
func cancelURL(session checkout.Session, lang string) string {
	if session.CancelURL == "" && session.LinkID != "" {
		return withLanguage(linkPath(session.LinkID), lang)
	}
	return returnURL(session.CancelURL, session.ID)
}

// returnURL is a merchant's success or cancel URL for one session: its
// placeholder replaced, or session_id added to its query. Without one it is
// empty.
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
