package handlers

import (
	"net/url"
	"strings"
)

const sessionPlaceholder = "{CHECKOUT_SESSION_ID}"

// returnURL is a merchant's success or cancel URL for one session: its
// placeholder replaced, or session_id added to its query.
func returnURL(address, sessionID string) string {
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
