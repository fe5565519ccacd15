package kess

import (
	"net/url"
	"slices"
	"strings"

	"rieltime/providers/kess/internal/client"
)

// pageLink is the address of a page of KESS's: https where the gateway is.
func pageLink(access client.Account, link string) string {
	if strings.HasPrefix(access.BaseURL, "https:") {
		return safeLink(link, "https")
	}
	return safeLink(link, "https", "http")
}

// safeLink returns the address when it is absolute and, where schemes are
// given, has one of them; never one that a browser would run as a script.
func safeLink(text string, schemes ...string) string {
	link, err := url.Parse(text)
	if err != nil || link.Scheme == "" {
		return ""
	}

	scheme := strings.ToLower(link.Scheme)
	if len(schemes) > 0 && (!slices.Contains(schemes, scheme) || link.Host == "") {
		return ""
	}
	if slices.Contains([]string{"javascript", "vbscript", "data", "file", "blob", "about"}, scheme) {
		return ""
	}

	return text
}
