package shop

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
)

//go:embed pages.html
var pagesHTML string

var pages = template.Must(template.New("pages").Parse(pagesHTML))

// page is one page: Name is the template of its content.
type page struct {
	Title   string
	Name    string
	Refresh int // seconds; 0 never
	Data    any
}

// failure is what the error page says. With a product it offers to try again.
type failure struct {
	Text    string
	Detail  string
	Field   string
	Request string
	Product string
	OrderID string
}

func (s *shop) render(w http.ResponseWriter, status int, p page) {
	var content, whole bytes.Buffer
	err := pages.ExecuteTemplate(&content, p.Name, p.Data)
	if err == nil {
		err = pages.ExecuteTemplate(&whole, "page", map[string]any{
			"Title": p.Title, "Refresh": p.Refresh, "Content": template.HTML(content.String()), // escaped by its template
		})
	}

	if err != nil {
		s.log.Error("page", "name", p.Name, "error", err)
		http.Error(w, "Something went wrong on our side.", http.StatusInternalServerError)
		return
	}

	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(whole.Bytes()) // the buyer may have gone
}

func (s *shop) fail(w http.ResponseWriter, status int, f failure, cause error) {
	if cause != nil {
		s.log.Error("request failed", "status", status, "order", f.OrderID, "error", cause)
	}
	s.render(w, status, page{Title: "That did not work", Name: "failure", Data: f})
}

func (s *shop) broken(w http.ResponseWriter, cause error) {
	s.fail(w, http.StatusInternalServerError, failure{Text: "Something went wrong on our side. Nothing was charged."}, cause)
}
