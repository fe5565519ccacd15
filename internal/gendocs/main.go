// Command gendocs renders an OpenAPI document as an HTML page to read:
//
//	go run ./internal/gendocs handlers/openapi.json handlers/docs.html
//
// It knows the part of OpenAPI and Markdown that our document uses.
package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"os"
)

//go:embed page.html
var pageTemplate string

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: gendocs OPENAPI.json PAGE.html")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "gendocs:", err)
		os.Exit(1)
	}
}

func run(documentPath, pagePath string) error {
	document, err := os.ReadFile(documentPath)
	if err != nil {
		return err
	}

	page, err := render(document)
	if err != nil {
		return fmt.Errorf("%s: %w", documentPath, err)
	}

	return os.WriteFile(pagePath, page, 0o644)
}

// render returns the page of an OpenAPI document.
func render(document []byte) ([]byte, error) {
	root, err := readTree(document)
	if err != nil {
		return nil, err
	}

	tmpl, err := template.New("docs").Funcs(template.FuncMap{"prose": prose, "inline": inline, "anchor": anchor}).Parse(pageTemplate)
	if err != nil {
		return nil, err
	}

	var page bytes.Buffer
	if err := tmpl.Execute(&page, newReference(root)); err != nil {
		return nil, err
	}

	return page.Bytes(), nil
}
