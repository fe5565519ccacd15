package simkit

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"net/http"
)

//go:embed pages
var files embed.FS

// Look is what sets a simulator's pages apart from those of the others.
type Look struct {
	Name       string // of the provider
	Header     string // CSS colour behind the page's header
	HeaderText string // CSS colour of the header's text
}

// ParsePages parses the pages *.html of a folder. A page begins with
// {{template "head" TITLE}} and ends with {{template "foot"}}.
func (l Look) ParsePages(folder fs.FS) *template.Template {
	name := func() string { return l.Name }
	pages := template.New("").Funcs(template.FuncMap{"provider": name})
	template.Must(pages.ParseFS(files, "pages/frame.html"))
	return template.Must(pages.ParseFS(folder, "pages/*.html"))
}

// ServeCSS serves the style of the pages, at /simulator.css.
func (l Look) ServeCSS(w http.ResponseWriter, _ *http.Request) {
	style, err := files.ReadFile("pages/simulator.css")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	_, _ = fmt.Fprintf(w, ":root { --header: %s; --header-text: %s; }\n", l.Header, l.HeaderText)
	_, _ = w.Write(style)
}

// WritePage answers with a page. The page runs no script and loads nothing from
// other hosts.
func WritePage(w http.ResponseWriter, status int, pages *template.Template, name string, view any) {
	var out bytes.Buffer
	if err := pages.ExecuteTemplate(&out, name, view); err != nil {
		http.Error(w, "the page cannot be rendered", http.StatusInternalServerError)
		return
	}

	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'")
	w.WriteHeader(status)
	_, _ = io.Copy(w, &out) // fails only when the client has gone
}
