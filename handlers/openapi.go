package handlers

import (
	_ "embed"
	"net/http"

	"github.com/labstack/echo/v4"

	"rieltime/handlers/internal/compressed"
)

// openAPI describes the merchant API. Tests check every answer against it.
//
//go:embed openapi.json
var openAPI []byte

// docsPage is openapi.json as a page to read, written by internal/gendocs.
//
//go:embed docs.html
var docsPage []byte

const documentsMaxAge = "public, max-age=300"

// serveOpenAPI is GET /openapi.json.
func (s *server) serveOpenAPI(c echo.Context) error {
	h := c.Response().Header()
	h.Set(echo.HeaderCacheControl, documentsMaxAge)
	h.Set(echo.HeaderAccessControlAllowOrigin, "*")
	return compressed.Blob(c, http.StatusOK, echo.MIMEApplicationJSON, openAPI)
}

// serveDocs is GET /docs.
func (s *server) serveDocs(c echo.Context) error {
	h := c.Response().Header()
	h.Set(echo.HeaderCacheControl, documentsMaxAge)
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	return compressed.HTML(c, http.StatusOK, docsPage)
}
