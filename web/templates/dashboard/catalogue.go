// Package dashboard has the pages of the merchants' dashboard: their data, the components
// that draw them, and their texts.
package dashboard

import (
	"embed"

	"rieltime/web/catalogue"
	"rieltime/web/templates"
)

//go:embed locales/*.json
var localeFiles embed.FS

var catalogues = catalogue.MustLoad(localeFiles, templates.Languages)

// T is the text of key in lang; args as in [catalogue.Catalogue.Text].
func T(lang, key string, args ...string) string { return catalogues.Text(lang, key, args...) }
