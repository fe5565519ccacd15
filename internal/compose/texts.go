package compose

import (
	"embed"

	"rieltime/web/catalogue"
	"rieltime/web/templates"
)

//go:embed locales/*.json
var localeFiles embed.FS

var catalogues = catalogue.MustLoad(localeFiles, templates.Languages)

// Text is the text of key in lang; args as in [catalogue.Catalogue.Text].
func Text(lang, key string, args ...string) string { return catalogues.Text(lang, key, args...) }
