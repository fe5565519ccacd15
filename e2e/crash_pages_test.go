//go:build e2e

package e2e

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
)

// pageResponse is what a browser got.
type pageResponse struct {
	status   int
	header   http.Header
	location string
	text     string
	silences int32 // that were before
}

var (
	stateOf   = regexp.MustCompile(`data-state="([a-z_]+)"`)
	copyOf    = regexp.MustCompile(`data-copy="(000201[^"]*)"`)
	hiddenOf  = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)
	handoffOf = regexp.MustCompile(`<form id="handoff" method="post" action="([^"]*)"`)
	returnOf  = regexp.MustCompile(`<form method="post" action="(http[^"]*)"`)
)

func first(pattern *regexp.Regexp, text string) string {
	if match := pattern.FindStringSubmatch(text); match != nil {
		return html.UnescapeString(match[1])
	}
	return ""
}

func hidden(text string) url.Values {
	fields := url.Values{}
	for _, match := range hiddenOf.FindAllStringSubmatch(text, -1) {
		fields.Set(html.UnescapeString(match[1]), html.UnescapeString(match[2]))
	}
	return fields
}
