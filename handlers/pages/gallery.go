package pages

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/web/static"
	"rieltime/web/templates"
)

// galleryPolicy lets the gallery's own index frame its pages, and nobody else.
const galleryPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; frame-src 'self'; frame-ancestors 'self'; form-action 'self'"

// galleryPage is what a page of the gallery is drawn with: lang as everywhere,
// theme=light or dark instead of the device's.
func (s *Server) galleryPage(c echo.Context) (page templates.Page, theme string) {
	h := c.Response().Header()
	h.Set("Content-Security-Policy", galleryPolicy)
	h.Set("X-Frame-Options", "SAMEORIGIN")

	page = templates.Page{Lang: s.language(c, checkout.Session{}), Path: localAddress(c.Request()), Assets: assets("")}
	if asked := c.QueryParam("theme"); asked == "light" || asked == "dark" {
		theme = asked
		page.Assets.CSS = static.URL("app." + theme + ".css")
	}
	return page, theme
}

// showGallery is GET /gallery: every page in every state, side by side.
func (s *Server) showGallery(c echo.Context) error {
	page, theme := s.galleryPage(c)
	page.Title = "Gallery"
	index := templates.GalleryIndex{Page: page, Theme: theme, Desktop: c.QueryParam("wide") == "1"}
	for _, specimen := range templates.Gallery(page.Lang) {
		index.Names = append(index.Names, specimen.Name)
	}
	return render(c, http.StatusOK, templates.GalleryPage(index))
}

// showGalleryItem is GET /gallery/{name}.
func (s *Server) showGalleryItem(c echo.Context) error {
	page, _ := s.galleryPage(c)
	specimens := templates.Gallery(page.Lang)
	at := slices.IndexFunc(specimens, func(one templates.GalleryItem) bool { return one.Name == c.Param("name") })
	if at < 0 {
		return checkout.ErrNotFound
	}
	return render(c, http.StatusOK, specimens[at].Page(page))
}

func (s *Server) showGalleryQR(c echo.Context) error {
	png, err := templates.QRPNG(templates.ExampleQR, pngSize)
	if err != nil {
		return err
	}
	return c.Blob(http.StatusOK, "image/png", png)
}
