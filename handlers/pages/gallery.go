package pages

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/web/static"
	"rieltime/web/templates"
)

// galleryPolicy lets the gallery's index, and no other page, frame its pages.
const galleryPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; frame-src 'self'; frame-ancestors 'self'; form-action 'self'"

// galleryPage reads what a page of the gallery is rendered with: lang as on every
// page, and theme=light or theme=dark instead of the device's.
func (s *Server) galleryPage(c echo.Context) (page templates.Page, theme string) {
	h := c.Response().Header()
	h.Set("Content-Security-Policy", galleryPolicy)
	h.Set("X-Frame-Options", "SAMEORIGIN")

	page = templates.Page{Lang: s.language(c, checkout.Session{}), Path: localAddress(c.Request()), Assets: assets("")}
	if requested := c.QueryParam("theme"); requested == "light" || requested == "dark" {
		theme = requested
		page.Assets.CSS = static.URL("app." + theme + ".css")
	}
	return page, theme
}

// showGallery is GET /gallery: every page in every state, side by side.
func (s *Server) showGallery(c echo.Context) error {
	page, theme := s.galleryPage(c)
	page.Title = "Gallery"
	index := templates.GalleryIndex{Page: page, Theme: theme, Desktop: c.QueryParam("wide") == "1"}
	for _, item := range templates.Gallery(page.Lang) {
		index.Names = append(index.Names, item.Name)
	}
	return render(c, http.StatusOK, templates.GalleryPage(index))
}

// showGalleryItem is GET /gallery/{name}: one page in one state.
func (s *Server) showGalleryItem(c echo.Context) error {
	page, _ := s.galleryPage(c)
	items := templates.Gallery(page.Lang)
	at := slices.IndexFunc(items, func(item templates.GalleryItem) bool { return item.Name == c.Param("name") })
	if at < 0 {
		return checkout.ErrNotFound
	}
	return render(c, http.StatusOK, items[at].Page(page))
}

// showGalleryQR is GET /gallery/khqr.png: the code that the gallery's pages show.
func (s *Server) showGalleryQR(c echo.Context) error {
	png, err := templates.QRPNG(templates.ExampleQR, pngSize)
	if err != nil {
		return err
	}
	return c.Blob(http.StatusOK, "image/png", png)
}
