package checkout

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
	"unicode"
)

// The errors of ParseWebURL, to be said after the field's name.
var (
	errAddressForm = errors.New("must be a full http or https address without user or password")
	errAddressPort = errors.New("must have a port from 1 to 65535, or none")
)

// ParseWebURL reads a full http or https address: a host with a port from 1 to
// 65535 or none, no user, and no blanks, control characters or backslashes,
// which browsers read in ways of their own. Its error is to be said after the
// field's name.
func ParseWebURL(text string) (*url.URL, error) {
	parsed, err := url.Parse(text)
	if err != nil {
		if strings.Contains(err.Error(), "invalid port") {
			return nil, errAddressPort
		}
		return nil, errAddressForm
	}

	odd := func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) || r == '\\' }
	if parsed.Hostname() == "" || parsed.User != nil || (parsed.Scheme != "http" && parsed.Scheme != "https") || strings.ContainsFunc(text, odd) {
		return nil, errAddressForm
	}
	if strings.HasSuffix(parsed.Host, ":") || !validPort(parsed.Port()) {
		return nil, errAddressPort
	}

	return parsed, nil
}

// validPort reports whether a port is absent or one that a connection can be
// made to.
func validPort(text string) bool {
	if text == "" {
		return true
	}
	port, err := strconv.ParseUint(text, 10, 16)
	return err == nil && port > 0
}

// checkWebURL looks at an address that a merchant gives. In live mode it is
// https.
func checkWebURL(param, text string, mode Mode) (*url.URL, error) {
	if len(text) > maxURL {
		return nil, Invalidf(param, "url_invalid", "%s is longer than %d characters.", param, maxURL)
	}

	parsed, err := ParseWebURL(text)
	if err != nil {
		return nil, Invalidf(param, "url_invalid", "%s %v.", param, err)
	}
	if mode == ModeLive && parsed.Scheme != "https" {
		return nil, Invalidf(param, "url_invalid", "%s must be an https address in live mode.", param)
	}

	return parsed, nil
}
